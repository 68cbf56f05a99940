import { type LookUp, LookUpError } from "../cluster/pod-facts.ts";
import type { OwnerFacts, PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import type { Log } from "../serving/log.ts";
import { admit, NOT_A_CREATE, needsFacts, type Policy, type Verdict } from "./admission.ts";
import type { WebhookMetrics } from "./metrics.ts";
import { type Pieces, refusal, reply } from "./reply.ts";
import { decodeReview, type Refused, type Review } from "./review.ts";

/** An HTTP answer: reviews as JSON, everything else as plain text. */
export interface Answer {
  readonly status: number;
  readonly type: "application/json" | "text/plain; charset=utf-8";
  readonly body: Pieces;
}

export interface ReviewAnswerer {
  /** Answers a whole body; at once where no look-up has to wait. Never throws. */
  answer(body: Buffer): Answer | Promise<Answer>;
  /** Answers a body of which only the beginning was kept. */
  refuse(refused: Refused): Answer;
}

export interface Answering {
  readonly policy: Policy;
  readonly lookUp: LookUp;
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  /** The UID of our own synthetic reviews, which are neither counted nor logged. */
  readonly ownUid: string;
}

/** Turns bodies into answers: decode, look up, admit, reply, and say what happened. */
export function reviewAnswerer(parts: Answering): ReviewAnswerer {
  const { policy, lookUp, log, metrics, ownUid } = parts;

  function answer(body: Buffer): Answer | Promise<Answer> {
    const start = performance.now();
    const decoded = decodeReview(body);
    if (decoded.kind !== "review") return refuse(decoded);
    const { review } = decoded;
    if (!needsFacts(review)) return finish(review, NOT_A_CREATE, undefined, start);
    try {
      const facts = lookUp(review.object as JsonObject, review.namespace);
      if (!(facts instanceof Promise)) return finish(review, admit(review, facts, policy), facts, start);
      return facts
        .then((found) => finish(review, admit(review, found, policy), found, start))
        .catch((error: unknown) => fail(review, error, start));
    } catch (error) {
      return fail(review, error, start);
    }
  }

  function finish(review: Review, verdict: Verdict, facts: PodFacts | undefined, start: number): Answer {
    const body = reply(review, verdict);
    if (review.uid !== ownUid) {
      const milliseconds = performance.now() - start;
      metrics.answered(verdict.outcome, verdict.reason, milliseconds / 1000);
      log.info(logged(review, verdict, facts, milliseconds), "review");
    }
    return { status: 200, type: "application/json", body };
  }

  function refuse(refused: Refused): Answer {
    const { problem, message } = refused;
    metrics.answered("refused", problem);
    if (refused.kind === "bad-request") {
      log.warn({ outcome: "refused", reason: problem }, "not a review");
      return text(400, message);
    }
    log.warn({ uid: refused.identity.uid, outcome: "refused", reason: problem }, "review denied");
    return { status: 200, type: "application/json", body: refusal(refused.identity, message, problem) };
  }

  function fail(review: Review, error: unknown, start: number): Answer {
    const lookUpFailed = error instanceof LookUpError;
    const reason = lookUpFailed ? "look-up-failed" : "internal-error";
    metrics.answered("failed", reason, (performance.now() - start) / 1000);
    // a look-up's message names its causes itself; of a bug the stack is wanted
    const what = lookUpFailed ? { problem: error.message } : { err: error };
    log.error({ uid: review.uid, namespace: review.namespace, outcome: "failed", reason, ...what }, "review failed");
    // Not a denial: whether pods may start without us is the registration's failure policy to say.
    return lookUpFailed ? text(503, error.message) : text(500, "internal error; the log says more");
  }

  return { answer, refuse };
}

/** A plain-text answer. */
export function text(status: number, message: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: [`${message}\n`] };
}

function logged(review: Review, verdict: Verdict, facts: PodFacts | undefined, milliseconds: number): object {
  return {
    uid: review.uid,
    namespace: review.namespace,
    operation: review.operation,
    ...(facts && { owner: ownerName(facts.owner) }),
    ...(review.dryRun && { dryRun: true }),
    outcome: verdict.outcome,
    reason: verdict.reason,
    ms: Math.round(milliseconds * 1000) / 1000,
  };
}

function ownerName(facts: OwnerFacts): string {
  switch (facts.kind) {
    case "none":
      return "";
    case "known":
      return `${facts.owner.kind}/${facts.owner.name}`;
    case "lookup-failed":
      return `${facts.direct.kind}/${facts.direct.name}`;
  }
}
