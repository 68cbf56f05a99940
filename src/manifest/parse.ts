import {
  Composer,
  type Document,
  isCollection,
  LineCounter,
  type ParsedNode,
  Parser,
  visit,
  type YAMLError,
} from "yaml";
import type { Json } from "../model/json.ts";
import { KUBERNETES_YAML } from "../model/yaml-dialect.ts";
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
  const documents = [...documentsOf(text, stream)].map((document, index) => ({ ...document, index }));
  return { text, format: stream === undefined ? "yaml" : "json", documents };
}

/**
 * The exact values of a text's documents, one after the other and however long the text is: what a manifest became can
 * be far longer than what may be read, and its documents need not be in memory together. Throws {@link ManifestError}.
 */
export function* exactValues(text: string): Generator<unknown> {
  for (const { exact } of documentsOf(text, jsonStream(text))) yield exact;
}

type Unnumbered = Omit<ManifestDocument, "index">;

function* documentsOf(text: string, stream: readonly JsonSlice[] | undefined): Generator<Unnumbered> {
  const lines = countLines(text);
  for (const slice of stream ?? [{ start: 0, end: text.length }]) yield* documentsOfSlice(text, slice, lines);
}

function* documentsOfSlice(text: string, { start, end }: JsonSlice, lines: LineCounter): Generator<Unnumbered> {
  const parser = new Parser();
  parser.offset = start;
  const documents = new Composer(KUBERNETES_YAML).compose(parser.parse(text.slice(start, end)), false, end);
  for (let next = composed(() => documents.next()); next.done !== true; next = composed(() => documents.next())) {
    const document = next.value as Document.Parsed;
    refuseErrors(document.errors, lines);
    const root = document.contents;
    if (root === null || (root.range[0] === root.range[1] && document.toJS() === null)) continue;
    yield documentFacts(document, lines.linePos(root.range[0]).line);
  }
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return lines;
}

function documentFacts(document: Document.Parsed, line: number): Unnumbered {
  const root = document.contents as ParsedNode;
  refuseStructuredKeys(root, line);
  const value = composed(() => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, line);
  return composed(
    () => ({ line, root, exact: copied(value, (integer) => integer), json: copied(value, Number) as Json }),
    line,
  );
}

/** YAML allows maps as keys; what looks like one in a manifest is a template that nobody filled in. */
function refuseStructuredKeys(root: ParsedNode, line: number): void {
  visit(root, {
    Pair: (_key, { key }) => {
      if (!isCollection(key)) return;
      const message = "a map or a list stands as a key; a template such as {{ .Values.name }} must be rendered first";
      throw new ManifestError("bad-yaml", `the document of line ${line}: ${message}`, { line });
    },
  });
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
    if (error instanceof ReferenceError && error.message.startsWith("Unresolved alias")) {
      throw new ManifestError("bad-yaml", `the document of line ${line ?? 1}: ${error.message}`, {
        ...where,
        cause: error,
      });
    }
    if (error instanceof ReferenceError) {
      const message = `aliases stand for more than ${MAX_ALIASES} nodes: ${error.message}`;
      throw new ManifestError("too-many-aliases", message, { ...where, cause: error });
    }
    throw error;
  }
}

/** A copy in which nothing is shared, as aliases made it, so that a change of one place is a change of one place. */
function copied(value: unknown, integer: (value: bigint) => unknown): unknown {
  if (typeof value === "bigint") return integer(value);
  if (Array.isArray(value)) return value.map((entry) => copied(entry, integer));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry, integer)]));
}
