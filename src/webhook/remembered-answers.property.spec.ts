import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyPod } from "../../test/arbitrary-pods.ts";
import { CORPUS_NOTE, corpusPods, HAS_CORPUS } from "../../test/corpus.ts";
import { onePod, reviewOf } from "../../test/pods-of-one-workload.ts";
import { configuration } from "../config/schema.ts";
import type { PodFacts } from "../model/facts.ts";
import { type JsonObject, member } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";
import { controllerOf, ownerFacts } from "../model/owner.ts";
import { processLog } from "../serving/log.ts";
import { type PodReviewAnswerer, reviewAnswerer } from "./answer-review.ts";
import { webhookMetrics } from "./metrics.ts";

const CONFIGURATION = configuration({ meshName: "shop" });
const METRICS = webhookMetrics({ cacheAges: () => new Map(), certificateExpiry: () => 0 });
const LABELS = { [INJECT_KEY]: "enabled" };

/** What was answered, and all that was said of it but the time it took. */
interface Said {
  readonly status: number;
  readonly body: string;
  readonly lines: readonly object[];
  readonly counted: readonly unknown[];
}

interface Tried {
  answer(body: Buffer): Said;
  /** How many answers were not decided again so far. */
  readonly repeated: () => number;
}

function tried(): Tried {
  const lines: string[] = [];
  const counted: unknown[] = [];
  const { log } = processLog("debug", { write: (line) => void lines.push(line) });
  const metrics = {
    ...METRICS,
    answered: (outcome: string, reason: string, seconds?: number) =>
      counted.push([outcome, reason, seconds !== undefined]),
  };
  let repeated = 0;
  const lookUp = (pod: JsonObject, name: string): PodFacts => {
    if (member(pod, "spec") === undefined) repeated++;
    return {
      namespace: { name, labels: LABELS, annotations: {} },
      owner: ownerFacts(controllerOf(pod), undefined),
      virtualNodes: [],
      virtualGateways: [],
      sharedNodes: [],
      meshes: [],
      limitRanges: [],
      quotas: [],
      trust: { kind: "known", pem: "PEM" },
    };
  };
  const policy = { configuration: CONFIGURATION, release: "0.0.0-test" };
  const answerer: PodReviewAnswerer = reviewAnswerer({ policy, lookUp, log, metrics, ownUid: randomUUID() });
  return {
    answer(body) {
      lines.length = 0;
      counted.length = 0;
      const answer = answerer.answer(body);
      if (answer instanceof Promise) throw new Error("these facts are there at once");
      return {
        status: answer.status,
        body: Buffer.concat(answer.body.map((piece) => Buffer.from(piece))).toString(),
        lines: lines.map((line) => ({ ...(JSON.parse(line) as object), ms: 0, time: "" })),
        counted: [...counted],
      };
    },
    repeated: () => repeated,
  };
}

/** What is answered by somebody who never saw anything before. */
function undecided(body: Buffer): Said {
  return tried().answer(body);
}

/** Bytes that mean something where they stand, and any other. */
const byte = fc.oneof(fc.constantFrom(...Buffer.from('\0"\\{}[]:,-aeu09zZ\n')), fc.nat(255));

/** Shows that with a memory full of a pod's siblings every body is answered as without. */
function holdsFor(pod: JsonObject, changes: readonly { readonly at: number; readonly to: number }[]): number {
  const memory = tried();
  const sibling = (index: number): Buffer => reviewOf(pod, "shop", onePod(index));
  for (const index of [1, 2, 3, 4]) expect(memory.answer(sibling(index))).toEqual(undecided(sibling(index)));
  const repeated = memory.repeated();
  const body = sibling(5);
  for (const { at, to } of changes) {
    const other = Buffer.from(body);
    other[at % other.length] = to;
    expect(memory.answer(other)).toEqual(undecided(other));
  }
  return repeated;
}

describe.skipIf(!HAS_CORPUS)(`the pods of other projects${CORPUS_NOTE}`, () => {
  test("are answered as without a memory, whatever byte is changed", { timeout: 120_000 }, () => {
    const pods = corpusPods();
    let remembered = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: pods.length - 1 }),
        fc.array(fc.record({ at: fc.nat(100_000), to: byte }), { minLength: 5, maxLength: 20 }),
        (index, changes) => {
          remembered += Math.min(1, holdsFor(pods[index]?.pod as JsonObject, changes));
        },
      ),
      { numRuns: 150 },
    );
    expect(remembered).toBeGreaterThan(140);
  });
});

test("any pod is answered as without a memory, whatever byte is changed", { timeout: 120_000 }, () => {
  let remembered = 0;
  fc.assert(
    fc.property(
      anyPod,
      fc.array(fc.record({ at: fc.nat(100_000), to: byte }), { minLength: 5, maxLength: 20 }),
      (pod, changes) => {
        remembered += Math.min(1, holdsFor(pod, changes));
      },
    ),
    { numRuns: 60 },
  );
  expect(remembered).toBeGreaterThan(0);
});

test("every byte of one body, changed, is answered as without a memory", { timeout: 120_000 }, () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "web-" },
    spec: { containers: [{ name: "a" }] },
  };
  const body = reviewOf(pod, "shop", onePod(5));
  const changes = Array.from({ length: body.length }, (_, at) =>
    [0x61, 0x30, 0x22, 0].map((to) => ({ at, to })),
  ).flat();
  expect(holdsFor(pod, changes)).toBeGreaterThan(0);
});
