import { isObject } from "../model/json.ts";
import { ManifestError } from "./manifest-error.ts";
import { exactValues } from "./parse.ts";
import { remembered } from "./remembered.ts";

/** One entry of a block of lines: how it begins (`key:` or `-`), and its value as the YAML library reads it. */
export interface BlockEntry {
  readonly start: string;
  readonly value: unknown;
}

/** Lines that are read by themselves. */
export interface Block {
  /** Column at which the entries begin. */
  readonly column: number;
  readonly entries: readonly BlockEntry[];
}

/**
 * Reads whole lines of block-style YAML whose scalars each stand on one line. The library reads the lines with a short word
 * in place of each scalar, and each scalar by itself, and both only once: of the sidecars of a thousand pods few scalars
 * differ. Undefined where the lines hold anything else, such as comments, anchors or text of several lines.
 */
export function readBlock(text: string): Block | undefined {
  if (text.length > MAX_LENGTH || !text.endsWith("\n") || text.includes("\r")) return undefined;
  const scalars: unknown[] = [];
  let frame = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, start, scalar] = LINE.exec(line) as unknown as [string, string, string];
    frame += start;
    if (scalar !== "") {
      const read = readScalar(scalar);
      if (read === undefined) return undefined;
      frame += `s${scalars.length}`;
      scalars.push(read.value);
    }
    frame += "\n";
  }
  const framed = readFrame(frame);
  if (framed === undefined) return undefined;
  const { column, entries } = framed;
  return { column, entries: entries.map(({ start, value }) => ({ start, value: filledIn(value, scalars) })) };
}

/** Far more than a sidecar; to take apart what is longer gains nothing. */
const MAX_LENGTH = 200_000;
/** Indentation and dashes, a plain key, and the rest. */
const LINE = /^( *(?:- )*(?:[\w./-]+:(?: |$))?)(.*)$/s;
/** Not what begins a text of several lines, an anchor, an alias, a tag, a comment, a key or another item. */
const SCALAR = /^(?![|>&*!#%@`]|[?:-](?: |$))/;

const readScalar = remembered(
  (text): { readonly value: unknown } | undefined => {
    if (!SCALAR.test(text)) return undefined;
    const value = onlyValue(`k: ${text}\n`);
    return isObject(value) && Object.keys(value).join() === "k" ? { value: value["k"] } : undefined;
  },
  { entries: 5000, length: 200 },
);

const readFrame = remembered(
  (frame): Block | undefined => {
    const value = onlyValue(frame);
    const column = frame.search(/[^ ]/);
    const starts = startsAt(frame.split("\n"), column, Array.isArray(value));
    if (starts === undefined || typeof value !== "object" || value === null || !holdsWords(value)) return undefined;
    if (starts.length !== Object.keys(value).length) return undefined;
    const entries = starts.map((start, index) => {
      const key = Array.isArray(value) ? String(index) : start.slice(0, -1);
      return Object.hasOwn(value, key) ? [{ start, value: (value as Record<string, unknown>)[key] }] : [];
    });
    return entries.every(({ length }) => length === 1) ? { column, entries: entries.flat() } : undefined;
  },
  { entries: 200, length: 100_000 },
);

/** How the entries at a column begin; the dashes of a list that is a map's value may stand right below its key. */
function startsAt(lines: readonly string[], column: number, isList: boolean): string[] | undefined {
  const starts: string[] = [];
  for (const line of lines) {
    const text = line.slice(column);
    if (text === "" || text.startsWith(" ")) continue;
    const isItem = text.startsWith("- ");
    if (isItem && !isList) continue;
    const start = isItem ? "-" : /^[\w./-]+:(?= |$)/.exec(text)?.[0];
    if (start === undefined || isItem !== isList) return undefined;
    starts.push(start);
  }
  return starts;
}

/** The value of a text of one document that can be read. */
function onlyValue(text: string): unknown {
  try {
    const [value, ...more] = exactValues(text);
    return more.length === 0 ? value : undefined;
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}

/** Whether each string is one word: a line that continues the one before makes two words one string. */
function holdsWords(value: unknown): boolean {
  if (typeof value === "string") return /^s\d+$/.test(value);
  return typeof value !== "object" || value === null || Object.values(value).every((entry) => holdsWords(entry));
}

function filledIn(value: unknown, scalars: readonly unknown[]): unknown {
  if (typeof value === "string") return scalars[Number(value.slice(1))];
  if (Array.isArray(value)) return value.map((entry) => filledIn(entry, scalars));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filledIn(entry, scalars)]));
}
