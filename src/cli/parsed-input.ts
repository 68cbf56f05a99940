import { ManifestError } from "../manifest/manifest-error.ts";
import { type Manifest, type ManifestDocument, parseManifest } from "../manifest/parse.ts";
import { type ManifestObject, objectsOfDocument, type Workload, workloadsOf } from "../manifest/workloads.ts";
import type { Input } from "./inputs.ts";

/** An input whose text was understood, or the reason why it was not. */
export type ParsedInput =
  | { readonly kind: "manifest"; readonly label: string; readonly manifest: Manifest; readonly parts: readonly Part[] }
  | { readonly kind: "unreadable"; readonly label: string; readonly text: string; readonly error: ManifestError };

/** One document with the objects and the workloads in it. */
export interface Part {
  readonly document: ManifestDocument;
  readonly objects: readonly ManifestObject[];
  readonly workloads: readonly Workload[];
}

export function parseInput({ label, text }: Input): ParsedInput {
  try {
    const manifest = parseManifest(text);
    const parts = manifest.documents.map((document) => {
      const objects = objectsOfDocument(document.json);
      return { document, objects, workloads: workloadsOf(objects) };
    });
    return { kind: "manifest", label, manifest, parts };
  } catch (error) {
    if (error instanceof ManifestError) return { kind: "unreadable", label, text, error };
    throw error;
  }
}

/** Every object of every input, Lists taken apart. */
export function allObjects(inputs: readonly ParsedInput[]): readonly ManifestObject[] {
  return inputs.flatMap((input) => (input.kind === "manifest" ? input.parts.flatMap((part) => part.objects) : []));
}

/** `web.yaml:12: Deployment web`, with the document's number where there are several. */
export function describeWorkload(input: ParsedInput, part: Part, workload: Workload): string {
  const several = input.kind === "manifest" && input.parts.length > 1;
  const position = several ? ` document ${part.document.index + 1},` : "";
  return `${input.label}:${part.document.line}:${position} ${workload.kind} ${workload.name || "without a name"}`;
}
