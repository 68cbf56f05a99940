import type { InjectionResult } from "./decision.ts";
import type { InjectionInput } from "./input.ts";

/** Decides about one pod and, where the answer is yes, plans its sidecar and returns the patch. Pure and deterministic. */
export function inject(_input: InjectionInput): InjectionResult {
  throw new Error("under construction");
}
