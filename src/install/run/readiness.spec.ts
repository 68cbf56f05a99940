import { describe, expect, test } from "vitest";
import { podProblem, rolloutProblem } from "./readiness.ts";

const DONE = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

function deployment(status: object): Parameters<typeof rolloutProblem>[0] {
  return {
    metadata: { namespace: "n", name: "d", generation: 3 },
    spec: { replicas: 2 },
    status: { ...DONE, ...status },
  };
}

describe("a roll-out", () => {
  test("is over when all replicas are new and available", () => {
    expect(rolloutProblem(deployment({}))).toBeUndefined();
  });

  test.each([
    [{ observedGeneration: 2 }, "Deployment n/d was not yet seen by its controller"],
    [{ updatedReplicas: 1 }, "Deployment n/d has made 1 of 2 pods"],
    [{ replicas: 3 }, "Deployment n/d has pods of its former form"],
    [{ availableReplicas: 1 }, "Deployment n/d has 1 of 2 pods ready"],
  ])("with %j is not", (status, problem) => {
    expect(rolloutProblem(deployment(status))).toBe(problem);
  });

  test("that nobody has begun is not", () => {
    expect(rolloutProblem({ metadata: { namespace: "n", name: "d", generation: 1 } })).toContain("not yet seen");
  });
});

describe("what a pod waits for is said", () => {
  const pod = (status: object): Parameters<typeof podProblem>[0] => ({
    metadata: { name: "p" },
    status: { ...status },
  });

  test("in the kubelet's words", () => {
    const state = { waiting: { reason: "ImagePullBackOff", message: "no such image" } };
    expect(podProblem(pod({ containerStatuses: [{ state }] }))).toBe("pod p: ImagePullBackOff: no such image");
  });

  test("in the scheduler's words", () => {
    const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes" }];
    expect(podProblem(pod({ conditions }))).toBe("pod p: Unschedulable: 0/1 nodes");
  });

  test("even when there are none", () => {
    expect(podProblem(pod({}))).toBe("pod p: not ready");
  });
});
