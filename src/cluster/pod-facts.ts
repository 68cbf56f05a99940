import type { PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";

/**
 * Finds the facts about a pod of a namespace (the request's, for the pod's own may be empty). Of the pod itself nothing but its
 * `metadata.ownerReferences` counts, so that what was found for one holds for its siblings. Answers at once where caches know everything. Rejects with {@link LookUpError} when the facts cannot be had in time.
 */
export type LookUp = (pod: JsonObject, namespace: string) => PodFacts | Promise<PodFacts>;

/** The facts about a pod cannot be read: the call fails and the registration's failure policy decides. */
export class LookUpError extends Error {
  override readonly name = "LookUpError";
  readonly code: "not-synced" | "namespace-unknown";

  constructor(code: LookUpError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
