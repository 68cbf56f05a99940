import { expect, test } from "vitest";
import { onePod, reviewOf } from "../../test/pods-of-one-workload.ts";
import { NGINX, review } from "../../test/webhook-harness.ts";
import type { HttpAnswer } from "../admission/answer.ts";
import { type LookUp, LookUpError } from "../cluster/pod-facts.ts";
import { configuration } from "../config/schema.ts";
import type { PodFacts } from "../model/facts.ts";
import { processLog } from "../serving/log.ts";
import { reviewAnswerer } from "./answer-review.ts";
import { webhookMetrics } from "./metrics.ts";
import { offlineLookUp } from "./offline.ts";

const OFFLINE = offlineLookUp(() => ({ kind: "later" }));
const ASKED = review(NGINX);
const BODY = Buffer.from(JSON.stringify(ASKED));

function textOf({ body }: HttpAnswer): string {
  return Buffer.concat(body.map((piece) => Buffer.from(piece))).toString();
}

async function answered(lookUp: LookUp, body = BODY): Promise<{ answer: HttpAnswer; lines: string; metrics: string }> {
  const lines: string[] = [];
  const { log } = processLog("debug", { write: (line) => void lines.push(line) });
  const metrics = webhookMetrics({ cacheAges: () => new Map(), certificateExpiry: () => 0 });
  const policy = { configuration: configuration({ meshName: "test" }), release: "0.0.0-test" };
  const answer = await reviewAnswerer({ policy, lookUp, log, metrics, ownUid: "" }).answer(body);
  return { answer, lines: lines.join(""), metrics: await metrics.registry.metrics() };
}

test("facts at once and facts that had to be waited for give the same answer", async () => {
  const now = await answered(OFFLINE);
  const later = await answered(async (pod, namespace) => OFFLINE(pod, namespace));
  expect(now.answer.status).toBe(200);
  expect(later.answer).toEqual(now.answer);
});

test.each([
  [
    "at once",
    () => {
      throw new LookUpError("not-synced", "the cluster is not known yet");
    },
  ],
  ["later", () => Promise.reject(new LookUpError("not-synced", "the cluster is not known yet"))],
] as const)("a look-up that fails %s fails the call, so that the failure policy decides", async (_when, lookUp) => {
  const { answer, metrics } = await answered(lookUp);
  expect([answer.status, answer.body.join("")]).toEqual([503, "the cluster is not known yet\n"]);
  expect(metrics).toContain('outrigger_admission_reviews_total{outcome="failed",reason="look-up-failed"} 1');
});

test.each([
  [
    "at once",
    () => {
      throw new TypeError("a bug with s3cret");
    },
  ],
  ["later", () => Promise.reject(new TypeError("a bug with s3cret"))],
] as const)(
  "a bug %s is status 500, logged with its UID and counted, and not told to the caller",
  async (_when, lookUp) => {
    const { answer, lines, metrics } = await answered(lookUp);
    expect(answer.status).toBe(500);
    expect(answer.body.join("")).not.toContain("s3cret");
    expect(lines).toContain((ASKED["request"] as { uid: string }).uid);
    expect(lines).toContain("a bug with s3cret");
    expect(metrics).toContain('outrigger_admission_reviews_total{outcome="failed",reason="internal-error"} 1');
  },
);

test("a refusal is counted, but its time is none that says how long deciding takes", async () => {
  const decided = await answered(OFFLINE);
  expect(decided.metrics).toContain("outrigger_admission_duration_seconds_count 1");
  const refused = await answered(OFFLINE, Buffer.from("{"));
  expect(refused.answer.status).toBe(400);
  expect(refused.metrics).toMatch(/outrigger_admission_reviews_total\{outcome="refused",reason="[a-z-]+"\} 1/);
  expect(refused.metrics).toContain("outrigger_admission_duration_seconds_count 0");
});

test("a failed look-up is logged with its message once, however many causes it has", async () => {
  const cause = new Error("ECONNREFUSED");
  const unreachable = new Error("the API server is away: ECONNREFUSED", { cause });
  const failure = new LookUpError("namespace-unknown", `namespace shop is not known: ${unreachable.message}`, {
    cause: unreachable,
  });
  const { lines } = await answered(() => Promise.reject(failure));
  expect(JSON.parse(lines)).toMatchObject({ reason: "look-up-failed", problem: failure.message });
  expect(lines.split("ECONNREFUSED")).toHaveLength(2);
});

/** An answerer that saw siblings of `NGINX`, and whether it answers the next one as somebody would who saw none. */
function seasoned() {
  let current: LookUp = OFFLINE;
  const { log } = processLog("silent", { write: () => {} });
  const metrics = webhookMetrics({ cacheAges: () => new Map(), certificateExpiry: () => 0 });
  const policy = { configuration: configuration({ meshName: "test" }), release: "0.0.0-test" };
  const fresh = (lookUp: LookUp) => reviewAnswerer({ policy, lookUp, log, metrics, ownUid: onePod(7).uid });
  const answerer = fresh((pod, namespace) => current(pod, namespace));
  for (const index of [1, 2, 3]) void answerer.answer(reviewOf(NGINX, "shop", onePod(index)));
  return async (lookUp: LookUp, index = 4) => {
    const body = reviewOf(NGINX, "shop", onePod(index));
    current = lookUp;
    const [answer, expected] = [await answerer.answer(body), await fresh(lookUp).answer(body)];
    expect({ status: answer.status, text: textOf(answer) }).toEqual({
      status: expected.status,
      text: textOf(expected),
    });
    return { answer, again: await answerer.answer(body) };
  };
}

test.each<[string, Partial<PodFacts>]>([
  ["a namespace that is no longer enabled", { namespace: { name: "shop", labels: {}, annotations: {} } }],
  ["a trust that is there now", { trust: { kind: "known", pem: "PEM" } }],
  ["an owner", { owner: { kind: "known", owner: { apiVersion: "apps/v1", kind: "Deployment", name: "x", uid: "1" } } }],
  ["a quota of processor time", { quotas: [{ name: "quota", hard: { "limits.cpu": "4" } }] }],
])("%s counts for the next pod of a workload whose answer is remembered", async (_what, changes) => {
  const ask = seasoned();
  const before = await ask(OFFLINE);
  const after = await ask((pod, namespace) => ({ ...(OFFLINE(pod, namespace) as PodFacts), ...changes }), 5);
  expect(textOf(after.answer)).not.toBe(textOf(before.answer).replace(onePod(4).uid, onePod(5).uid));
});

test("facts that must be waited for are waited for, where the answer is remembered too", async () => {
  let asked = 0;
  await seasoned()(async (pod, namespace) => {
    asked++;
    return OFFLINE(pod, namespace);
  });
  // by the two who answer and by the one more question: nobody asks twice for one pod
  expect(asked).toBe(3);
});

test.each<[string, LookUp]>([
  [
    "at once",
    () => {
      throw new LookUpError("not-synced", "the cluster is not known yet");
    },
  ],
  ["later", () => Promise.reject(new LookUpError("not-synced", "the cluster is not known yet"))],
])("a look-up that fails %s fails the call, where the answer is remembered too", async (_when, lookUp) => {
  const { answer } = await seasoned()(lookUp);
  expect(answer.status).toBe(503);
});

test("an answer that cannot be remembered is given all the same, and counted once", async () => {
  const lines: string[] = [];
  const { log } = processLog("debug", { write: (line) => void lines.push(line) });
  const metrics = webhookMetrics({ cacheAges: () => new Map(), certificateExpiry: () => 0 });
  // the second pod of a workload is decided about twice: for its answer, and to see whether that can be repeated
  let decisions = 0;
  const policy = {
    release: "0.0.0-test",
    get configuration() {
      decisions++;
      if (decisions === 3) throw new TypeError("a bug");
      return configuration({ meshName: "test" });
    },
  };
  const answerer = reviewAnswerer({ policy, lookUp: OFFLINE, log, metrics, ownUid: "" });
  for (const index of [1, 2]) {
    const answer = await answerer.answer(reviewOf(NGINX, "shop", onePod(index)));
    expect(answer.status).toBe(200);
    expect(textOf(answer)).toContain(onePod(index).uid);
  }
  expect(decisions).toBe(3);
  const warnings = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg !== "review");
  expect(warnings).toMatchObject([{ level: "warn", uid: onePod(2).uid, msg: "answer not remembered" }]);
  const counted = await metrics.registry.metrics();
  expect(counted).toContain("outrigger_admission_duration_seconds_count 2");
  expect(counted).not.toContain('outcome="failed"');
});

test("our own synthetic review is answered, and never remembered", async () => {
  const { answer, again } = await seasoned()(OFFLINE, 7);
  expect(textOf(again)).toBe(textOf(answer));
  expect(textOf(answer)).toContain(onePod(7).uid);
});
