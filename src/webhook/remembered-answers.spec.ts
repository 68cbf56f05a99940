import { expect, test } from "vitest";
import { onePod, reviewOf } from "../../test/pods-of-one-workload.ts";
import { NGINX } from "../../test/webhook-harness.ts";
import type { BodyParts } from "../admission/answer.ts";
import { configuration } from "../config/schema.ts";
import type { PodFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";
import { admit } from "./admission.ts";
import { TemplateReader } from "./body-template.ts";
import { LIMITS } from "./limits.ts";
import { type Decide, RememberedAnswers, repeated } from "./remembered-answers.ts";
import { reply } from "./reply.ts";
import { decodeReview, type Review } from "./review.ts";

const POLICY = { configuration: configuration({ meshName: "test" }), release: "0.0.0-test" };
const FACTS: PodFacts = {
  namespace: { name: "shop", labels: { [INJECT_KEY]: "enabled" }, annotations: {} },
  owner: { kind: "none" },
  virtualNodes: [],
  virtualGateways: [],
  sharedNodes: [],
  meshes: [],
  limitRanges: [],
  quotas: [],
  trust: { kind: "later" },
};
const decide: Decide = (review, facts) => {
  const admission = admit(review, facts, POLICY);
  return { admission, body: reply(review, admission) };
};

/** A memory, what it is asked and told, and how often it decided for itself. */
function memoryOf(how: Decide = decide) {
  let decided = 0;
  const reader = new TemplateReader();
  const memory = new RememberedAnswers((review, facts) => {
    decided++;
    return how(review, facts);
  });
  const read = (body: Buffer) => reader.read(body) ?? expect.fail("the body has no template");
  return {
    memory,
    decided: () => decided,
    find: (body: Buffer) => memory.find(read(body)),
    keep: (body: Buffer): void => {
      const decoded = decodeReview(body);
      const review = decoded.kind === "review" ? decoded.review : expect.fail("the body is no review");
      memory.keep(read(body), { review, facts: FACTS, ...how(review, FACTS) });
    },
  };
}

function sibling(index: number, pod: JsonObject = NGINX): Buffer {
  return reviewOf(pod, "shop", onePod(index));
}

function named(name: string): JsonObject {
  return { ...NGINX, metadata: { name, namespace: "shop" } };
}

function text(body: BodyParts): string {
  return Buffer.concat(body.map((piece) => Buffer.from(piece))).toString();
}

test("the third pod of a workload gets the answer that was made for the second, with its own UID", () => {
  const { find, keep } = memoryOf();
  keep(sibling(1));
  expect(find(sibling(2))).toBeUndefined();
  keep(sibling(2));
  const found = find(sibling(3)) ?? expect.fail("nothing is remembered");
  const { review } = decodeReview(sibling(3)) as { review: Review };
  expect(text(repeated(found, onePod(3).uid))).toBe(text(decide(review, FACTS).body));
});

test("for a pod that comes once nothing is held and nothing is decided twice", () => {
  const { memory, decided, keep } = memoryOf();
  for (let index = 0; index < 50; index++) keep(sibling(1, named(`pod-${index}`)));
  expect(memory.size).toEqual({ answers: 0, bytes: 0 });
  expect(decided()).toBe(0);
});

test("answers are held up to their number, the most recently asked ones", () => {
  const { memory, find, keep } = memoryOf();
  const pods = Array.from({ length: LIMITS.rememberedAnswers + 10 }, (_, index) => named(`pod-${index}`));
  for (const pod of pods) {
    for (const index of [1, 2]) keep(sibling(index, pod));
    expect(find(sibling(3, pods[0]))).toBeDefined();
  }
  expect(memory.size.answers).toBe(LIMITS.rememberedAnswers);
  expect(memory.size.bytes).toBeLessThan(LIMITS.rememberedBytes);
  expect(find(sibling(3, pods[1]))).toBeUndefined();
  expect(find(sibling(3, pods.at(-1)))).toBeDefined();
});

test("answers are held up to their bytes", () => {
  const long = (name: string): JsonObject => ({
    ...NGINX,
    metadata: { name, namespace: "shop", annotations: { note: "x".repeat(60_000) } },
  });
  const { memory, keep } = memoryOf();
  for (let pod = 0; pod < 200; pod++) for (const index of [1, 2]) keep(sibling(index, long(`pod-${pod}`)));
  expect(memory.size.bytes).toBeLessThanOrEqual(LIMITS.rememberedBytes);
  expect(memory.size.bytes).toBeGreaterThan(LIMITS.rememberedBytes - 100_000);
});

test("an answer takes the place of the one to the same template", () => {
  const { memory, keep } = memoryOf();
  for (const index of [1, 2]) keep(sibling(index));
  const { bytes } = memory.size;
  for (const index of [3, 4]) keep(sibling(index));
  expect(memory.size).toEqual({ answers: 1, bytes });
});

test.each<[string, (pod: JsonObject) => Buffer[]]>([
  [
    "writes the volume's name with an escape elsewhere",
    () =>
      [1, 2].map((index) =>
        Buffer.from(sibling(index).toString().replace('"app":"nginx"', '"app":"kube\\u002dapi-access-bbbbc"')),
      ),
  ],
  [
    "says its UID twice",
    () =>
      [1, 2].map((index) =>
        Buffer.from(
          sibling(index)
            .toString()
            .replace('"operation":', `"uid":"${onePod(9).uid}","operation":`),
        ),
      ),
  ],
])("nothing is remembered of a review that %s", (_what, bodies) => {
  const { memory, keep } = memoryOf();
  for (const body of bodies(NGINX)) keep(body);
  expect(memory.size.answers).toBe(0);
});

test.each<[string, Decide]>([
  [
    "the random name",
    (review, facts) => {
      const { admission } = decide(review, facts);
      const message = /kube-api-access-\w+/.exec(JSON.stringify(review.object))?.[0] ?? "";
      const denied = { ...admission, outcome: "deny", message, patch: [] } as const;
      return { admission: denied, body: reply(review, denied) };
    },
  ],
  [
    "the time",
    (review, facts) => {
      const { admission } = decide(review, facts);
      const warned = { ...admission, warnings: [/"time":"[^"]*/.exec(JSON.stringify(review.object))?.[0] ?? ""] };
      return { admission: warned, body: reply(review, warned) };
    },
  ],
  [
    "the UID beside where it is repeated",
    (review, facts) => {
      const { admission } = decide(review, facts);
      const warned = { ...admission, warnings: [`review ${review.uid}`] };
      return { admission: warned, body: reply(review, warned) };
    },
  ],
])("an answer that tells %s is not remembered", (_what, how) => {
  const { memory, decided, keep } = memoryOf(how);
  for (const index of [1, 2]) keep(sibling(index));
  expect(memory.size.answers).toBe(0);
  expect(decided()).toBe(1);
});
