import { ManifestError } from "../manifest/manifest-error.ts";
import { type Manifest, type ManifestDocument, parseManifest } from "../manifest/parse.ts";
import { type Pieces, piecesOf } from "../manifest/pieces.ts";
import { type ManifestObject, objectsOfDocument, type Workload, workloadsOf } from "../manifest/workloads.ts";
import type { Input } from "./inputs.ts";

/** An input that is taken apart, and read one document after the other. */
export interface ParsedInput extends Input, Pieces {
  /** Whether there is more than one document, so that messages number them. */
  readonly several: boolean;
}

/** A piece of an input: with its document, with nothing but comments, or with something that cannot be read. */
export type Part =
  | DocumentPart
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unreadable"; readonly text: string; readonly error: ManifestError };

/** One document with the objects and the workloads in it; `manifest` holds this document only. */
export interface DocumentPart {
  readonly kind: "document";
  readonly manifest: Manifest;
  readonly document: ManifestDocument;
  readonly objects: readonly ManifestObject[];
  readonly workloads: readonly Workload[];
}

export function parseInput(input: Input): ParsedInput {
  const { format, pieces } = piecesOf(input.text);
  const filled = pieces.filter(({ start, end }) => CONTENT.test(input.text.slice(start, end)));
  return { ...input, format, pieces, several: filled.length > 1 };
}

/** A line that is no comment, marker or directive. */
const CONTENT = /^(?!---\s*(?:#.*)?$|\.\.\.\s*$|%)[ \t]*[^#\s]/m;

/** Reads the documents of an input, one when it is asked for: what was read before need not stay in memory. */
export function* partsOf(input: ParsedInput): Generator<Part> {
  let index = 0;
  for (const piece of input.pieces) {
    const part = partOf(input.text.slice(piece.start, piece.end), { line: piece.line, index });
    if (part.kind === "document") index++;
    yield part;
  }
}

function partOf(text: string, place: { readonly line: number; readonly index: number }): Part {
  try {
    const manifest = parseManifest(text, place);
    const [document, ...more] = manifest.documents;
    if (document === undefined) return { kind: "text", text };
    if (more.length > 0) {
      const message = `the document of line ${document.line} does not end where the next one begins: put --- between`;
      return { kind: "unreadable", text, error: new ManifestError("bad-yaml", message, { line: document.line }) };
    }
    const objects = objectsOfDocument(document.json);
    return { kind: "document", manifest, document, objects, workloads: workloadsOf(objects) };
  } catch (error) {
    if (error instanceof ManifestError) return { kind: "unreadable", text, error };
    throw error;
  }
}

/** The documents of an input. Throws ManifestError, with the name of the input, at one that cannot be read. */
export function* documentsOf(input: ParsedInput): Generator<DocumentPart> {
  for (const part of partsOf(input)) {
    if (part.kind === "unreadable") throw named(part.error, input);
    if (part.kind === "document") yield part;
  }
}

function named(error: ManifestError, { label }: Input): ManifestError {
  const { code, message, line } = error;
  return new ManifestError(code, `${label}: ${message}`, { cause: error, ...(line !== undefined && { line }) });
}

/** A sentence for each key of a document that stands in its map before, with its place. */
export function repeatedKeys({ label }: Input, { repeated }: ManifestDocument): readonly string[] {
  return repeated.map(
    ({ key, line }) => `${label}:${line}: warning: the key ${key} stands twice in its map; kubectl takes the last one`,
  );
}

/** Words of the kinds that decisions about other objects need. */
const RELEVANT = /Namespace|VirtualNode|VirtualGateway|Mesh|LimitRange|ResourceQuota|ReplicaSet|Job/;

/**
 * The objects of the inputs that decisions about pods need, Lists taken apart: namespaces, limits, App Mesh's, and what may
 * own a pod, of which only the metadata stays. Documents that cannot be read are left out.
 */
export function surroundingObjects(inputs: readonly ParsedInput[]): readonly ManifestObject[] {
  const relevant: ManifestObject[] = [];
  for (const input of inputs) {
    const pieces = input.pieces.filter(({ start, end }) => RELEVANT.test(input.text.slice(start, end)));
    for (const part of partsOf({ ...input, pieces })) {
      if (part.kind !== "document") continue;
      for (const object of part.objects) if (RELEVANT_KIND.test(object.kind)) relevant.push(slim(object));
    }
  }
  return relevant;
}

const RELEVANT_KIND = new RegExp(`^(?:${RELEVANT.source})$`);

function slim(object: ManifestObject): ManifestObject {
  if (object.kind !== "ReplicaSet" && object.kind !== "Job") return object;
  return { ...object, json: { metadata: object.json["metadata"] ?? null } };
}

/** `web.yaml:12: Deployment web`, with the document's number where there are several. */
export function describeWorkload(input: ParsedInput, document: ManifestDocument, workload: Workload): string {
  const position = input.several ? ` document ${document.index + 1},` : "";
  return `${input.label}:${document.line}:${position} ${workload.kind} ${workload.name || "without a name"}`;
}
