import { ADMISSION_LIMITS } from "./limits.ts";
import type { Refused, ReviewIdentity } from "./review.ts";

/** A body in parts that follow each other; strings go out as UTF-8. */
export type BodyParts = readonly (string | Buffer)[];

/** An HTTP answer: reviews as JSON, everything else as plain text. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: "application/json" | "text/plain; charset=utf-8";
  readonly body: BodyParts;
}

/** Who answers reviews. */
export interface ReviewAnswerer {
  /** Answers a whole body that came to a path; at once where nothing has to be waited for. Never throws. */
  answer(body: Buffer, path: string): HttpAnswer | Promise<HttpAnswer>;
  /** Answers a body of which only the beginning was kept. */
  refuse(refused: Refused): HttpAnswer;
}

/** A plain-text answer. */
export function textAnswer(status: number, message: string): HttpAnswer {
  return { status, type: "text/plain; charset=utf-8", body: [`${message}\n`] };
}

/** The response that refuses a review which never reached the rules. */
export function refusal(identity: ReviewIdentity, message: string, problem: string): BodyParts {
  const response = {
    uid: identity.uid,
    allowed: false,
    status: denied(message, problem),
    auditAnnotations: { outcome: "deny", reason: problem },
  };
  return [JSON.stringify({ apiVersion: identity.apiVersion, kind: "AdmissionReview", response })];
}

/** The status of a denial, as `kubectl` prints it. */
export function denied(message: string, reason: string): object {
  return { status: "Failure", code: 403, reason: "Forbidden", message: `outrigger: ${message} (${reason})` };
}

/** A warning in the length that the API server passes on. */
export function cutWarning(warning: string): string {
  const { warningCharacters } = ADMISSION_LIMITS;
  if (warning.length <= warningCharacters) return warning;
  return `${warning.slice(0, warningCharacters - 1).toWellFormed()}…`;
}
