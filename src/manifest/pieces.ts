import { jsonStream } from "./json-stream.ts";

/** A part of a text that holds one document at most; all pieces one behind the other are the text. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** One-based line of the text on which it begins. */
  readonly line: number;
}

export interface Pieces {
  /** `json` when the whole text is a stream of JSON objects. */
  readonly format: "yaml" | "json";
  readonly pieces: readonly Piece[];
}

/**
 * Takes a text apart at its document markers, or after each object of a JSON stream, without reading what stands between: so
 * each document is read by itself, one that cannot be read does not spoil the others, and none is kept in memory longer
 * than needed. In YAML no line of a document's content begins with a marker (https://yaml.org/spec/1.2.2, c-forbidden).
 */
export function piecesOf(text: string): Pieces {
  const stream = jsonStream(text);
  if (stream === undefined) return { format: "yaml", pieces: withLines(text, yamlEnds(text)) };
  return { format: "json", pieces: withLines(text, [...stream.slice(1).map(({ start }) => start), text.length]) };
}

const MARKER = /^(---|\.\.\.)(?=[ \t\r\n]|$)/gm;

/** Offsets at which one piece ends and the next one begins. */
function yamlEnds(text: string): number[] {
  const ends: number[] = [];
  let start = 0;
  for (const { index, 0: marker } of text.matchAll(MARKER)) {
    const after = text.indexOf("\n", index) + 1 || text.length;
    if (marker === "...") {
      ends.push(after);
      start = after;
    } else {
      // what leads to the first marker, such as directives and comments, belongs to the document behind it
      if (!isLead(text.slice(start, index))) {
        ends.push(index);
        start = index;
      }
    }
  }
  if (start < text.length) ends.push(text.length);
  return ends;
}

function isLead(text: string): boolean {
  return /^\uFEFF?(?:[ \t]*(?:#.*)?\r?\n|%.*\n)*$/.test(text);
}

function withLines(text: string, ends: readonly number[]): readonly Piece[] {
  let start = 0;
  let line = 1;
  return ends.map((end) => {
    const piece = { start, end, line };
    for (let at = text.indexOf("\n", start); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) line++;
    start = end;
    return piece;
  });
}
