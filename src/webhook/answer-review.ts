import { type BodyParts, type HttpAnswer, type ReviewAnswerer, refusal, textAnswer } from "../admission/answer.ts";
import type { Refused } from "../admission/review.ts";
import { type LookUp, LookUpError } from "../cluster/pod-facts.ts";
import type { OwnerFacts, PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import type { Log } from "../serving/log.ts";
import { type AdmissionAnswer, admit, NOT_A_CREATE, needsFacts, type Policy } from "./admission.ts";
import { type BodyTemplate, TemplateReader } from "./body-template.ts";
import type { WebhookMetrics } from "./metrics.ts";
import { type Decided, RememberedAnswers, repeated } from "./remembered-answers.ts";
import { reply } from "./reply.ts";
import { decodeReview, type Review } from "./review.ts";
import { sameFacts } from "./same-facts.ts";

/** What is said about a call in log and metrics. */
type Told = Omit<Review, "object">;
type ToldAnswer = Pick<AdmissionAnswer, "outcome" | "reason">;

/** Answers reviews of pods, whatever path they come to. */
export interface PodReviewAnswerer extends Pick<ReviewAnswerer, "refuse"> {
  /** At once where no look-up has to wait. Never throws. */
  answer(body: Buffer): HttpAnswer | Promise<HttpAnswer>;
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
export function reviewAnswerer(parts: Answering): PodReviewAnswerer {
  const { policy, lookUp, log, metrics, ownUid } = parts;
  const templates = new TemplateReader();
  const memory = new RememberedAnswers(decide);

  function decide(review: Review, facts: PodFacts): Pick<Decided, "admission" | "body"> {
    const admission = admit(review, facts, policy);
    return { admission, body: reply(review, admission) };
  }

  function answer(body: Buffer): HttpAnswer | Promise<HttpAnswer> {
    const start = performance.now();
    const template = templates.read(body);
    const known = template && template.uid !== ownUid ? memory.find(template) : undefined;
    if (template === undefined || known === undefined) return decideAbout(body, template, undefined, start);
    const review = { ...known.review, uid: template.uid };
    try {
      const facts = lookUp(known.owned, review.namespace);
      if (facts instanceof Promise || !sameFacts(facts, known.facts)) return decideAbout(body, template, facts, start);
      return finish(review, known.admission, repeated(known, template.uid), facts, start);
    } catch (error) {
      return fail(review, error, start);
    }
  }

  /** The way from the body; `found` are its facts if they are looked up already. */
  function decideAbout(
    body: Buffer,
    template: BodyTemplate | undefined,
    found: PodFacts | Promise<PodFacts> | undefined,
    start: number,
  ): HttpAnswer | Promise<HttpAnswer> {
    const decoded = decodeReview(body);
    if (decoded.kind !== "review") return refuse(decoded);
    const { review } = decoded;
    if (!needsFacts(review)) return finish(review, NOT_A_CREATE, reply(review, NOT_A_CREATE), undefined, start);
    const withFacts = (facts: PodFacts): HttpAnswer => {
      const { admission, body: answered } = decide(review, facts);
      return finish(review, admission, answered, facts, start);
    };
    try {
      const facts = found ?? lookUp(review.object as JsonObject, review.namespace);
      if (facts instanceof Promise) return facts.then(withFacts).catch((error: unknown) => fail(review, error, start));
      const decided = { review, facts, ...decide(review, facts) };
      const finished = finish(review, decided.admission, decided.body, facts, start);
      if (template !== undefined && review.uid !== ownUid) keep(template, decided);
      return finished;
    } catch (error) {
      return fail(review, error, start);
    }
  }

  /** After the answer is made, logged and counted: what goes wrong here must not change it. */
  function keep(template: BodyTemplate, decided: Decided): void {
    try {
      memory.keep(template, decided);
    } catch (error) {
      log.warn({ uid: decided.review.uid, err: error }, "answer not remembered");
    }
  }

  function finish(
    review: Told,
    admission: ToldAnswer,
    body: BodyParts,
    facts: PodFacts | undefined,
    start: number,
  ): HttpAnswer {
    if (review.uid !== ownUid) {
      const milliseconds = performance.now() - start;
      metrics.answered(admission.outcome, admission.reason, milliseconds / 1000);
      log.info(logged(review, admission, facts, milliseconds), "review");
    }
    return { status: 200, type: "application/json", body };
  }

  function refuse(refused: Refused): HttpAnswer {
    const { problem, message } = refused;
    metrics.answered("refused", problem);
    if (refused.kind === "bad-request") {
      log.warn({ outcome: "refused", reason: problem }, "not a review");
      return textAnswer(400, message);
    }
    log.warn({ uid: refused.identity.uid, outcome: "refused", reason: problem }, "review denied");
    return { status: 200, type: "application/json", body: refusal(refused.identity, message, problem) };
  }

  function fail(review: Told, error: unknown, start: number): HttpAnswer {
    const lookUpFailed = error instanceof LookUpError;
    const reason = lookUpFailed ? "look-up-failed" : "internal-error";
    metrics.answered("failed", reason, (performance.now() - start) / 1000);
    // a look-up's message names its causes itself; of a bug the stack is wanted
    const what = lookUpFailed ? { problem: error.message } : { err: error };
    log.error({ uid: review.uid, namespace: review.namespace, outcome: "failed", reason, ...what }, "review failed");
    // Not a denial: whether pods may start without us is the registration's failure policy to say.
    return lookUpFailed ? textAnswer(503, error.message) : textAnswer(500, "internal error; the log says more");
  }

  return { answer, refuse };
}

function logged(review: Told, admission: ToldAnswer, facts: PodFacts | undefined, milliseconds: number): object {
  return {
    uid: review.uid,
    namespace: review.namespace,
    operation: review.operation,
    ...(facts && { owner: ownerName(facts.owner) }),
    ...(review.dryRun && { dryRun: true }),
    outcome: admission.outcome,
    reason: admission.reason,
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
