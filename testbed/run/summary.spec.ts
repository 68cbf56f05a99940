import { expect, test } from "vitest";
import { summaryText, totalOf } from "./summary.ts";
import { requirementOf, type TierResult } from "./tier-result.ts";

const good: TierResult = {
  kind: "ran",
  tier: "unit",
  passed: 12,
  failed: 0,
  skipped: 0,
  failures: [],
  skips: [],
  seconds: 3.21,
};
const bad: TierResult = { ...good, tier: "envoy", passed: 1, failed: 1, failures: ["a.spec.ts › loads"] };
const skipping: TierResult = { ...good, tier: "api", passed: 2, skipped: 1, skips: ["b.spec.ts › waits (skipped)"] };
const missing: TierResult = { kind: "missing", tier: "package", reason: "no Go", seconds: 0 };

test("the last line counts what passed and failed", () => {
  expect(summaryText([good, bad], "what-can-run")).toMatch(/\n13 passed, 1 failed\n$/);
});

test("each tier has a line with its time", () => {
  expect(summaryText([good], "what-can-run").split("\n")[0]).toBe("unit        3.2 s  12 passed");
});

test("what failed is named once more at the end", () => {
  expect(summaryText([good, bad], "what-can-run")).toContain("Failed:\n  envoy: a.spec.ts › loads\n");
});

test("a tier that cannot run here is named with the reason and fails nothing", () => {
  const text = summaryText([good, missing], "what-can-run");
  expect(text).toContain("cannot run here: no Go");
  expect(text).not.toContain("Failed:");
  expect(totalOf([good, missing], "what-can-run")).toEqual({ passed: 12, failed: 0 });
});

test("when all is required, a missing tier is a failure", () => {
  expect(totalOf([good, missing], "all")).toEqual({ passed: 12, failed: 1 });
  expect(summaryText([good, missing], "all")).toMatch(/package: cannot run here.*\n\n12 passed, 1 failed\n$/);
});

test("when all is required, a skipped test is a failure", () => {
  expect(totalOf([skipping], "what-can-run")).toEqual({ passed: 2, failed: 0 });
  expect(totalOf([skipping], "all")).toEqual({ passed: 2, failed: 1 });
  expect(summaryText([skipping], "all")).toContain("api: b.spec.ts › waits (skipped): skipped");
});

test("OUTRIGGER_REQUIRE is all or nothing", () => {
  expect(["all", "", undefined, "some"].map(requirementOf)).toEqual(["all", "what-can-run", "what-can-run", undefined]);
});
