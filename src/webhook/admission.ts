import type { Configuration } from "../config/schema.ts";
import type { InjectionResult } from "../inject/decision.ts";
import { inject } from "../inject/inject.ts";
import type { PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import type { Review } from "./review.ts";

/** What was answered to a review, and why. */
export type AdmissionAnswer = Pick<
  InjectionResult,
  "outcome" | "reason" | "message" | "warnings" | "settings" | "patch"
>;

/** The constant part of every decision. */
export interface Policy {
  readonly configuration: Configuration;
  /** Version of Outrigger. */
  readonly release: string;
}

/** Whether facts must be looked up for this review at all: only the creation of a pod is more than waved through. */
export function needsFacts(review: Review): boolean {
  return review.isPod && review.operation === "CREATE";
}

/** The answer to everything that {@link needsFacts} says no to: allowed unchanged, even if a registration sends it. */
export const NOT_A_CREATE: AdmissionAnswer = {
  outcome: "skip",
  reason: "not-a-create",
  message: "only the creation of a pod can be injected",
  warnings: [],
  settings: undefined,
  patch: [],
};

/** Decides about the pod of a review that {@link needsFacts}. Pure. */
export function admit(review: Review, facts: PodFacts, policy: Policy): AdmissionAnswer {
  return inject({
    ...facts,
    // decodeReview lets no creation of a pod through without its object
    pod: review.object as JsonObject,
    request: { operation: review.operation, dryRun: review.dryRun, user: review.user },
    configuration: policy.configuration,
    release: policy.release,
  });
}
