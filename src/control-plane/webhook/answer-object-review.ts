import { type HttpAnswer, type ReviewAnswerer, refusal, textAnswer } from "../../admission/answer.ts";
import type { AdmissionMetrics } from "../../admission/metrics.ts";
import { decodeEnvelope, type Refused } from "../../admission/review.ts";
import type { MeshGraph, Tried } from "../../graph/graph.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import { parseObject } from "../../model/parse-object.ts";
import type { Log } from "../../serving/log.ts";
import { type DeletionGuards, guardDeletion } from "./deletion-guard.ts";
import { fieldPatch, keptFields, withFields } from "./fill-in.ts";
import { type Asking, freshMesh, isThere } from "./fresh-mesh.ts";
import { isOfMembership, judge, unreadable } from "./judge.ts";
import { OBJECT_WEBHOOK_LIMITS } from "./limits.ts";
import { type AnswerReason, allowed, type ObjectAnswer, objectReply } from "./object-answer.ts";
import { type ObjectReview, objectReview } from "./object-review.ts";

/** Paths of the two registrations. */
export const MUTATE_PATH = "/mutate-app-mesh";
export const VALIDATE_PATH = "/validate-app-mesh";

export interface ObjectAnswering {
  /** The mesh as it is known. */
  readonly graph: Pick<MeshGraph, "tried" | "inTheWay">;
  readonly asking: Asking;
  readonly guards: DeletionGuards;
  readonly log: Log;
  readonly metrics: AdmissionMetrics<"allow" | "deny", AnswerReason>;
}

/**
 * Answers reviews of App Mesh objects. Whatever goes wrong here lets the object through, with the registration's failure policy: then
 * its problems say what would have been said, and the leader writes the fields.
 */
export function objectReviewAnswerer(parts: ObjectAnswering): ReviewAnswerer {
  const { log, metrics } = parts;

  function refuse(refused: Refused): HttpAnswer {
    const { problem, message } = refused;
    metrics.answered("refused", problem);
    log.warn({ outcome: "refused", reason: problem }, "review of an App Mesh object refused");
    if (refused.kind === "bad-request") return textAnswer(400, message);
    return { status: 200, type: "application/json", body: refusal(refused.identity, message, problem) };
  }

  async function answer(body: Buffer, path: string): Promise<HttpAnswer> {
    const start = performance.now();
    try {
      const enveloped = decodeEnvelope(body);
      if (enveloped.kind !== "review") return refuse(enveloped);
      const review = objectReview(enveloped);
      if ("kind" in review) return refuse(review);
      const made = await (path === MUTATE_PATH ? filledIn(review, parts) : judged(review, parts));
      const milliseconds = performance.now() - start;
      metrics.answered(made.outcome, made.reason, milliseconds / 1000);
      log.info(logged(review, made, milliseconds), path === MUTATE_PATH ? "object completed" : "object reviewed");
      return { status: 200, type: "application/json", body: objectReply(review, made) };
    } catch (error) {
      metrics.answered("failed", "internal-error", (performance.now() - start) / 1000);
      log.error({ err: error, path }, "review of an App Mesh object failed");
      return textAnswer(500, "internal error; the log says more");
    }
  }

  return { answer, refuse };
}

/** What is written into the object: what an update leaves out stays as it was, the rest as the graph has it. */
async function filledIn(review: ObjectReview, parts: ObjectAnswering): Promise<ObjectAnswer> {
  if (review.operation !== "CREATE" && review.operation !== "UPDATE") return allowed("not-asked-about");
  const kept = keptFields(review.object, review.operation === "UPDATE" ? review.oldObject : undefined);
  const parsed = parseObject(withFields(review.object, kept));
  // the API server refuses it itself, or its CRD is older than ours
  const fields =
    parsed.kind === "refused" ? kept : { ...kept, ...(await newest(parsed.object, review, parts)).written };
  const patch = fieldPatch(review.object, fields);
  return patch.length === 0 ? allowed("nothing-to-write") : allowed("written", { patch });
}

async function judged(review: ObjectReview, parts: ObjectAnswering): Promise<ObjectAnswer> {
  switch (review.operation) {
    case "CREATE":
    case "UPDATE": {
      const parsed = parseObject(review.object);
      if (parsed.kind === "refused") return unreadable(parsed.problems);
      const { problems } = await newest(parsed.object, review, parts);
      if (review.operation === "CREATE") return judge(parsed.object, { operation: "CREATE" }, problems);
      const old = parseObject(review.oldObject);
      const before = old.kind === "parsed" ? old.object : undefined;
      return judge(parsed.object, { operation: "UPDATE", before }, problems);
    }
    case "DELETE":
      return await deletion(review, parts);
    case "other":
      return allowed("not-asked-about");
  }
}

/**
 * What the object comes to. Where an object that is being created seems to belong nowhere, the API server is asked whether that is so;
 * when it does not answer, nothing is said about it.
 */
async function newest(
  object: MeshObject,
  review: ObjectReview,
  { graph, asking, log }: ObjectAnswering,
): Promise<Tried> {
  const known = graph.tried(object);
  const isMember = object.kind !== "Mesh" && review.operation === "CREATE";
  if (!isMember || !known.problems.some(isOfMembership)) return known;
  const others = known.problems.filter((problem) => !isOfMembership(problem));
  try {
    const fresh = (await freshMesh(asking, review.ref)).tried(object);
    return { problems: [...fresh.problems.filter(isOfMembership), ...others], written: fresh.written };
  } catch (error) {
    log.warn({ problem: String(error) }, "whether a Mesh selects a new object could not be asked");
    return { problems: others, written: known.written };
  }
}

async function deletion({ ref }: ObjectReview, { graph, asking, guards, log }: ObjectAnswering): Promise<ObjectAnswer> {
  const known = graph.inTheWay(ref);
  if (guards === "warn" || known.length === 0) return guardDeletion(ref, known, guards);
  // what was deleted a moment before is still known here: a refusal needs one that is there
  for (const one of known.slice(0, OBJECT_WEBHOOK_LIMITS.lookedFor)) {
    try {
      if (await isThere(asking, one)) return guardDeletion(ref, known, guards);
    } catch (error) {
      log.warn({ problem: String(error) }, "what a deletion waits for could not be asked");
      return guardDeletion(ref, known, "warn");
    }
  }
  return guardDeletion(ref, known.slice(OBJECT_WEBHOOK_LIMITS.lookedFor), "warn");
}

function logged(review: ObjectReview, { outcome, reason, warnings }: ObjectAnswer, milliseconds: number): object {
  const { ref, operation, uid, dryRun } = review;
  return {
    uid,
    ...ref,
    operation,
    ...(dryRun && { dryRun }),
    outcome,
    reason,
    ...(warnings.length > 0 && { warnings: warnings.length }),
    ms: Math.round(milliseconds * 1000) / 1000,
  };
}
