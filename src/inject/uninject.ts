import type { JsonObject } from "../model/json.ts";
import type { PatchOperation } from "./json-patch.ts";

export interface UninjectResult {
  /** `removed`: the patch takes the sidecar away. `not-injected`: nothing to do. `mismatch`: the record does not fit the pod. */
  readonly outcome: "removed" | "not-injected" | "mismatch";
  readonly message: string;
  readonly patch: readonly PatchOperation[];
}

/** The patch that takes away what injection put into the pod, as its record says; what others added since stays. */
export function uninject(_pod: JsonObject): UninjectResult {
  throw new Error("under construction");
}
