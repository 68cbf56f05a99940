import { expect, test } from "vitest";
import { podSummary } from "../../cluster/pods-resource.ts";
import type { JsonObject } from "../../model/json.ts";
import { HEALING_LIMITS } from "./limits.ts";
import type { Finding } from "./slipped-through-finding.ts";
import { slippedThroughReport } from "./slipped-through-report.ts";

function found(name: string, kind: Finding["kind"] = "slipped-through"): Finding {
  return {
    kind,
    pod: podSummary({ metadata: { namespace: "shop", name, uid: "p", creationTimestamp: "2026-11-22T10:00:00Z" } }),
    owner: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web", uid: "d" },
    outcome: "inject",
    reason: "injected",
    message: "why",
    found: new Date("2026-11-22T10:00:01Z"),
  };
}

test("pods are listed in order, each with its kind, owner and decision, and counted by kind", () => {
  const report = slippedThroughReport({ leading: true, leader: "a" }, [found("b"), found("a", "created-before")]);
  expect(report).toEqual({
    leading: true,
    leader: "a",
    count: { "slipped-through": 1, "created-before": 1, skipped: 0 },
    pods: [
      expect.objectContaining({ name: "a", kind: "created-before" }),
      {
        namespace: "shop",
        name: "b",
        uid: "p",
        kind: "slipped-through",
        owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        decision: { outcome: "inject", reason: "injected", message: "why" },
        created: "2026-11-22T10:00:00.000Z",
        found: "2026-11-22T10:00:01.000Z",
      },
    ],
  });
});

test("however many there are, the list is bounded and the count is not", () => {
  const many = Array.from({ length: HEALING_LIMITS.listed + 1 }, (_, index) => found(`pod-${index}`));
  const report = slippedThroughReport({ leading: true, leader: "a" }, many);
  expect((report["pods"] as readonly JsonObject[]).length).toBe(HEALING_LIMITS.listed);
  expect(report["count"]).toMatchObject({ "slipped-through": HEALING_LIMITS.listed + 1 });
});
