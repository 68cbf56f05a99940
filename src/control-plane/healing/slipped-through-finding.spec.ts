import { describe, expect, test } from "vitest";
import { podSummary } from "../../cluster/pods-resource.ts";
import type { Outcome, Reason } from "../../inject/decision.ts";
import type { JsonObject } from "../../model/json.ts";
import { INJECT_KEY, RECORD_KEY } from "../../model/names.ts";
import { type FindingKind, findingKind, isCandidate } from "./slipped-through-finding.ts";

const SINCE = Date.UTC(2026, 10, 22, 10);
const SECOND = 1_000;
const NEVER = Number.POSITIVE_INFINITY;
const INJECT = { outcome: "inject", reason: "injected" } as const;

describe("what a pod without a sidecar is", () => {
  const cases: readonly (readonly [
    string,
    Outcome,
    Reason,
    number,
    number,
    FindingKind | undefined,
    FindingKind | undefined,
  ])[] = [
    [
      "made after the label: it slipped through",
      "inject",
      "injected",
      SINCE + SECOND,
      SINCE,
      undefined,
      "slipped-through",
    ],
    ["made in the same second: likewise", "inject", "injected", SINCE, SINCE, undefined, "slipped-through"],
    ["made before: nothing went wrong", "inject", "injected", SINCE - SECOND, SINCE, undefined, "created-before"],
    [
      "to be refused now: it slipped through too",
      "deny",
      "no-mesh",
      SINCE + SECOND,
      SINCE,
      undefined,
      "slipped-through",
    ],
    ["no injector: nothing went wrong", "inject", "injected", SINCE, NEVER, undefined, "created-before"],
    [
      "a label edited since does not excuse it",
      "inject",
      "injected",
      SINCE,
      SINCE + SECOND,
      "slipped-through",
      "slipped-through",
    ],
    ["an injector removed since does", "inject", "injected", SINCE, NEVER, "slipped-through", "created-before"],
    ["rightly skipped once", "inject", "injected", SINCE + SECOND, SINCE, "skipped", "created-before"],
    ["on the node's network", "skip", "host-network", SINCE, 0, undefined, "skipped"],
    ["of another mesh", "skip", "other-mesh", SINCE, 0, undefined, "skipped"],
    ["without a virtual node", "skip", "no-virtual-node", SINCE, 0, undefined, "skipped"],
    ["in an excluded namespace", "skip", "namespace-excluded", SINCE, 0, undefined, "skipped"],
    ["opted out itself", "skip", "opted-out", SINCE, 0, undefined, undefined],
    ["did not opt in", "skip", "not-opted-in", SINCE, 0, undefined, undefined],
  ];
  test.each(cases)("%s", (_name, outcome, reason, created, since, before, expected) => {
    expect(findingKind({ outcome, reason }, { created, since, before })).toBe(expected);
  });

  test("a second judgement of the same pod is the first one's", () => {
    const kind = findingKind(INJECT, { created: SINCE, since: SINCE, before: undefined });
    expect(findingKind(INJECT, { created: SINCE, since: SINCE, before: kind })).toBe(kind);
  });
});

describe("which pods are read", () => {
  const pod = (annotations: JsonObject = {}, more: JsonObject = {}) =>
    podSummary({ metadata: { name: "web", annotations }, ...more });

  test("in an enabled namespace all that did not opt out", () => {
    expect(isCandidate(pod(), "enabled")).toBe(true);
    expect(isCandidate(pod({ [INJECT_KEY]: "odd" }), "enabled")).toBe(true);
    expect(isCandidate(pod({ [INJECT_KEY]: "Disabled " }), "enabled")).toBe(false);
  });

  test("in a disabled namespace only those that opted in", () => {
    expect(isCandidate(pod(), "disabled")).toBe(false);
    expect(isCandidate(pod({ [INJECT_KEY]: "enabled" }), "disabled")).toBe(true);
    expect(isCandidate(pod({ [INJECT_KEY]: " disabled" }), "disabled")).toBe(false);
    expect(isCandidate(pod({ [INJECT_KEY]: "" }), "disabled")).toBe(false);
  });

  test("none of other namespaces", () => {
    expect(isCandidate(pod({ [INJECT_KEY]: "enabled" }), undefined)).toBe(false);
    expect(isCandidate(pod({ [INJECT_KEY]: "enabled" }), "Enabled")).toBe(false);
  });

  test("none that is injected, ends, or has ended", () => {
    expect(isCandidate(pod({ [RECORD_KEY]: "{}" }), "enabled")).toBe(false);
    for (const phase of ["Succeeded", "Failed"])
      expect(isCandidate(pod({}, { status: { phase } }), "enabled")).toBe(false);
    const ending = podSummary({ metadata: { name: "web", deletionTimestamp: "2026-11-22T10:00:00Z" } });
    expect(isCandidate(ending, "enabled")).toBe(false);
  });
});
