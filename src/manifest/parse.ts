import { Composer, type Document, LineCounter, type ParsedNode, Parser, type YAMLError } from "yaml";
import type { Json } from "../model/json.ts";
import { KUBERNETES_YAML } from "./dialect.ts";
import { type JsonSlice, jsonStream } from "./json-stream.ts";
import { MAX_ALIASES, MAX_INPUT_BYTES } from "./limits.ts";
import { ManifestError } from "./manifest-error.ts";

/** One text with its documents; offsets in the nodes count in the whole text. */
export interface Manifest {
  readonly text: string;
  readonly format: "yaml" | "json";
  readonly documents: readonly ManifestDocument[];
}

export interface ManifestDocument {
  /** Position among the documents that hold anything, from 0. */
  readonly index: number;
  /** One-based line where the document's content begins. */
  readonly line: number;
  readonly root: ParsedNode;
  /** The document's value; integers too large for a number are rounded here and only here, never in the text. */
  readonly json: Json;
  /** The value with every integer as a BigInt, for comparing and for rendering without loss. */
  readonly exact: unknown;
}

/**
 * Reads YAML (any number of documents) or a stream of JSON objects. Documents that hold nothing are left out.
 * Throws {@link ManifestError}.
 */
export function parseManifest(text: string): Manifest {
  if (text.length > MAX_INPUT_BYTES || Buffer.byteLength(text) > MAX_INPUT_BYTES) {
    throw new ManifestError("too-large", `the input is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB: split it`);
  }
  const stream = jsonStream(text);
  const lines = countLines(text);
  const slices = stream ?? [{ start: 0, end: text.length }];
  const documents = slices
    .flatMap((slice) => parseSlice(text, slice, lines))
    .map((document, index) => ({ ...document, index }));
  return { text, format: stream === undefined ? "yaml" : "json", documents };
}

type Unnumbered = Omit<ManifestDocument, "index">;

function parseSlice(text: string, { start, end }: JsonSlice, lines: LineCounter): Unnumbered[] {
  const documents = composed(() => {
    const parser = new Parser();
    parser.offset = start;
    return [...new Composer(KUBERNETES_YAML).compose(parser.parse(text.slice(start, end)), false, end)];
  });
  return documents.flatMap((document) => {
    refuseErrors(document.errors, lines);
    const root = document.contents;
    if (root === null || (root.range[0] === root.range[1] && document.toJS() === null)) return [];
    return [documentFacts(document, lines.linePos(root.range[0]).line)];
  });
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function documentFacts(document: Document.Parsed, line: number): Unnumbered {
  const exact = composed(() => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, line);
  return { line, root: document.contents as ParsedNode, exact, json: rounded(exact) };
}

function refuseErrors(errors: readonly YAMLError[], lines: LineCounter): void {
  const [first] = errors;
  if (first === undefined) return;
  const { line, col } = lines.linePos(first.pos[0]);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new ManifestError("bad-yaml", `line ${line}, column ${col}: ${first.message}${more}`, { line, cause: first });
}

/** Runs a part of the parser and gives its two ways of giving up a name. */
function composed<T>(work: () => T, line?: number): T {
  const where = line === undefined ? {} : { line };
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) {
      throw new ManifestError("too-deep", "the input is nested too deeply to be a manifest", {
        ...where,
        cause: error,
      });
    }
    if (error instanceof ReferenceError) {
      const message = `aliases stand for more than ${MAX_ALIASES} nodes, or for nothing: ${error.message}`;
      throw new ManifestError("too-many-aliases", message, { ...where, cause: error });
    }
    throw error;
  }
}

/** A copy with numbers in place of BigInts: what `JSON.parse` would have returned. */
function rounded(value: unknown): Json {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, rounded(entry)]));
}
