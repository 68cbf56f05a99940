import { type BodyParts, cutWarning, denied } from "../../admission/answer.ts";
import type { ReviewIdentity } from "../../admission/review.ts";
import type { ProblemCode } from "../../graph/problem.ts";
import type { PatchOperation } from "../../inject/json-patch.ts";

/** Why something was allowed or not: a fixed set, safe as a metric label. */
export type AnswerReason =
  | ProblemCode
  | "written"
  | "nothing-to-write"
  | "accepted"
  | "unchanged"
  | "immutable-field"
  | "deletion-guard"
  | "not-asked-about";

/** What is answered to a review of an App Mesh object. */
export interface ObjectAnswer {
  readonly outcome: "allow" | "deny";
  readonly reason: AnswerReason;
  /** Of a denial, for the person at `kubectl`. */
  readonly message: string;
  readonly warnings: readonly string[];
  readonly patch: readonly PatchOperation[];
}

export function allowed(
  reason: AnswerReason,
  more: Partial<Pick<ObjectAnswer, "warnings" | "patch">> = {},
): ObjectAnswer {
  return { outcome: "allow", reason, message: "", warnings: [], patch: [], ...more };
}

export function refusedAnswer(reason: AnswerReason, message: string): ObjectAnswer {
  return { outcome: "deny", reason, message, warnings: [], patch: [] };
}

/** The response to a review as JSON text. */
export function objectReply(
  { apiVersion, uid }: ReviewIdentity,
  { outcome, reason, message, warnings, patch }: ObjectAnswer,
): BodyParts {
  const response = {
    uid,
    allowed: outcome === "allow",
    ...(outcome === "deny" && { status: denied(message, reason) }),
    ...(warnings.length > 0 && { warnings: warnings.map(cutWarning) }),
    auditAnnotations: { outcome, reason },
    ...(patch.length > 0 && {
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    }),
  };
  return [JSON.stringify({ apiVersion, kind: "AdmissionReview", response })];
}
