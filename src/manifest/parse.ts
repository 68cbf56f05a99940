import {
  Composer,
  type Document,
  isCollection,
  isScalar,
  LineCounter,
  type ParsedNode,
  Parser,
  Schema,
  visit,
  type YAMLError,
} from "yaml";
import type { Json } from "../model/json.ts";
import { KUBERNETES_YAML } from "../model/yaml-dialect.ts";
import { type JsonSlice, jsonStream } from "./json-stream.ts";
import { unreadableForKubectl } from "./kubectl-scalars.ts";
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
  /** Keys that stand in their map before, with their one-based lines: as for kubectl, the last one counts. */
  readonly repeated: readonly { readonly key: string; readonly line: number }[];
  /** The document's value; integers too large for a number are rounded here and only here, never in the text. */
  readonly json: Json;
  /** The value with every integer as a BigInt, for comparing and for rendering without loss. */
  readonly exact: unknown;
}

/** Where a text stands that is a piece of a longer one: its one-based line, and the number of documents before it. */
export interface ManifestPlace {
  readonly line: number;
  readonly index: number;
}

const WHOLE: ManifestPlace = { line: 1, index: 0 };

/**
 * Reads YAML (any number of documents) or a stream of JSON objects. Documents that hold nothing are left out.
 * Throws {@link ManifestError}.
 */
export function parseManifest(text: string, place: ManifestPlace = WHOLE): Manifest {
  if (text.length > MAX_INPUT_BYTES || Buffer.byteLength(text) > MAX_INPUT_BYTES) {
    throw new ManifestError("too-large", `the input is larger than ${MAX_INPUT_BYTES / 1024 / 1024} MiB: split it`);
  }
  const stream = jsonStream(text);
  const documents = [...documentsOf(text, stream, place.line)].map((document, index) => ({
    ...document,
    index: place.index + index,
  }));
  return { text, format: stream === undefined ? "yaml" : "json", documents };
}

/**
 * The exact values of a text's documents, one after the other and however long the text is: what a manifest became can
 * be far longer than what may be read, and its documents need not be in memory together. Throws {@link ManifestError}.
 */
export function* exactValues(text: string): Generator<unknown> {
  for (const document of rawDocuments(text, jsonStream(text), countLines(text, 1))) {
    yield composed(() => unshared(document.toJS({ maxAliasCount: MAX_ALIASES }), document.contents));
  }
}

type Unnumbered = Omit<ManifestDocument, "index">;

type Lines = (offset: number) => { readonly line: number; readonly col: number };

function* documentsOf(
  text: string,
  stream: readonly JsonSlice[] | undefined,
  firstLine: number,
): Generator<Unnumbered> {
  const lines = countLines(text, firstLine);
  for (const document of rawDocuments(text, stream, lines)) {
    // what is JSON is read as JSON, by kubectl too
    if (stream === undefined) refuseUnreadable(document, text, lines);
    yield documentFacts(document, lines);
  }
}

/** The documents that hold anything. */
function* rawDocuments(
  text: string,
  stream: readonly JsonSlice[] | undefined,
  lines: Lines,
): Generator<Document.Parsed> {
  for (const { start, end } of stream ?? [{ start: 0, end: text.length }]) {
    const parser = new Parser();
    parser.offset = start;
    const documents = new Composer(OPTIONS).compose(parser.parse(text.slice(start, end)), false, end);
    for (let next = composed(() => documents.next()); next.done !== true; next = composed(() => documents.next())) {
      const document = next.value as Document.Parsed;
      refuseErrors(document.errors, lines);
      const root = document.contents;
      if (root !== null && (root.range[0] !== root.range[1] || document.toJS() !== null)) yield document;
    }
  }
}

/** The schema is made once, not for every document; a key that is repeated is no error to kubectl: its last value counts. */
const OPTIONS = {
  ...KUBERNETES_YAML,
  uniqueKeys: false,
  schema: new Schema({ ...KUBERNETES_YAML, schema: "yaml-1.1" }) as unknown as string,
};

function countLines(text: string, firstLine: number): Lines {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line: line + firstLine - 1, col };
  };
}

function documentFacts(document: Document.Parsed, lines: Lines): Unnumbered {
  const root = document.contents as ParsedNode;
  const { line } = lines(root.range[0]);
  const repeated = checkedKeys(root, line).map(({ key, offset }) => ({ key, line: lines(offset).line }));
  const value = composed(() => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, line);
  return composed(
    () => ({ line, root, repeated, exact: copied(value, (integer) => integer), json: copied(value, Number) as Json }),
    line,
  );
}

/**
 * The keys that stand in a map before, with their offsets. YAML allows maps as keys; what looks like one in a manifest is a
 * template that nobody filled in, and is refused.
 */
function checkedKeys(root: ParsedNode, line: number): readonly { readonly key: string; readonly offset: number }[] {
  const repeated: { key: string; offset: number }[] = [];
  visit(root, {
    Map: (_key, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const name = typeof key.value === "symbol" ? key.value : String(key.value);
        if (seen.has(name)) repeated.push({ key: String(key.source), offset: key.range?.[0] ?? 0 });
        seen.add(name);
      }
    },
    Pair: (_key, { key }) => {
      if (!isCollection(key)) return;
      const message = "a map or a list stands as a key; a template such as {{ .Values.name }} must be rendered first";
      throw new ManifestError("bad-yaml", `the document of line ${line}: ${message}`, { line });
    },
  });
  return repeated;
}

function refuseErrors(errors: readonly YAMLError[], lines: Lines): void {
  const [first] = errors;
  if (first === undefined) return;
  const { line, col } = lines(first.pos[0]);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new ManifestError("bad-yaml", `line ${line}, column ${col}: ${first.message}${more}`, { line, cause: first });
}

function refuseUnreadable(document: Document.Parsed, text: string, lines: Lines): void {
  const unreadable = unreadableForKubectl(document.contents as ParsedNode, text);
  if (unreadable === undefined) return;
  const { line, col } = lines(unreadable.offset);
  const message = `line ${line}, column ${col}: ${unreadable.found}: kubectl cannot read that; write the value in single quotes`;
  throw new ManifestError("bad-yaml", message, { line });
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

/** The value itself where no alias shares parts of it, else a copy. */
function unshared(value: unknown, root: ParsedNode | null): unknown {
  let isShared = false;
  visit(root, {
    Alias: () => {
      isShared = true;
      return visit.BREAK;
    },
  });
  return isShared ? copied(value, (integer) => integer) : value;
}

/** A copy in which nothing is shared, as aliases made it, so that a change of one place is a change of one place. */
function copied(value: unknown, integer: (value: bigint) => unknown): unknown {
  if (typeof value === "bigint") return integer(value);
  if (Array.isArray(value)) return value.map((entry) => copied(entry, integer));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copied(entry, integer)]));
}
