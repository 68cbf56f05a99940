import { describe, expect, test } from "vitest";
import { aPod, injected, withSpec } from "../../../test/pods.ts";
import { FOR_WINDOWS, NOT_FOR_WINDOWS } from "../../../test/windows-pods.ts";
import { WINDOWS } from "./windows.ts";

describe("a pod is for Windows with", () => {
  test.each(FOR_WINDOWS)("$title", ({ spec }) => {
    expect(WINDOWS.holds(aPod(withSpec(spec)))).toBe(true);
    expect(injected(aPod(withSpec(spec))).result).toMatchObject({ outcome: "skip", reason: "windows", patch: [] });
  });
});

describe("a pod is not for Windows with", () => {
  test.each(NOT_FOR_WINDOWS)("$title", ({ spec }) => {
    expect(WINDOWS.holds(aPod(withSpec(spec)))).toBe(false);
    expect(injected(aPod(withSpec(spec))).result.reason).toBe("injected");
  });

  test.each([
    {},
    { spec: null },
    { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } } } },
    {
      spec: {
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: ["windows", null] } },
        },
      },
    },
  ])("odd parts: %j", (pod) => {
    expect(WINDOWS.holds(pod)).toBe(false);
  });
});
