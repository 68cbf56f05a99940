import { isObject } from "../model/json.ts";
import type { PatchOperation } from "./json-patch.ts";
import type { PodView } from "./pod.ts";
import type { Ended, Trace } from "./trace.ts";

/** Kubernetes' TotalAnnotationSizeLimitB: all keys and values together. */
export const LONGEST_ANNOTATIONS = 262_144;

/** Denies when the annotations would outgrow what the API server takes, and says what takes the room. */
export function tooManyAnnotations(pod: PodView, patch: readonly PatchOperation[], trace: Trace): Ended | undefined {
  // a character has at most three bytes: nearly every pod is far below, and need not be measured
  if ((lengthOf(pod.annotations) + lengthOfPatch(patch)) * 3 <= LONGEST_ANNOTATIONS) return undefined;
  const sizes = new Map(Object.entries(pod.annotations).map(([key, value]) => [key, sizeOf(key, value)]));
  for (const operation of patch) {
    if (operation.op === "remove" || !operation.path.startsWith("/metadata")) continue;
    for (const [key, value] of added(operation)) sizes.set(key, sizeOf(key, value));
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (total <= LONGEST_ANNOTATIONS) return undefined;
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return trace.deny(
    "annotations-size",
    "annotations-too-large",
    `with the sidecar's the annotations take ${total} bytes, but Kubernetes allows ${LONGEST_ANNOTATIONS}; most take ${largest.map(([key, size]) => `${key} (${size})`).join(", ")}: shorten or remove one of these`,
  );
}

/** Characters of everything under /metadata that the patch sets, keys or paths included. */
function lengthOfPatch(patch: readonly PatchOperation[]): number {
  let length = 0;
  for (const operation of patch) {
    if (operation.op !== "remove" && operation.path.startsWith("/metadata")) {
      length += operation.path.length + lengthOf(operation.value);
    }
  }
  return length;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (!isObject(value)) return 0;
  let length = 0;
  for (const key of Object.keys(value)) length += key.length + lengthOf(value[key]);
  return length;
}

/** The annotations that an operation under /metadata sets: one, all of them, or the metadata around them. */
function added({ path, value }: Exclude<PatchOperation, { op: "remove" }>): [string, string][] {
  const [, , section, key] = path.split("/");
  if (section === undefined) return strings(isObject(value) ? value["annotations"] : undefined);
  if (section !== "annotations") return [];
  if (key === undefined) return strings(value);
  return typeof value === "string" ? [[key.replaceAll("~1", "/").replaceAll("~0", "~"), value]] : [];
}

function strings(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}

function sizeOf(key: string, value: string): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value);
}
