import { expect, test } from "vitest";
import { Trace } from "./trace.ts";

const ENDED = { ending: { outcome: "skip", reason: "windows", message: "no" } } as const;
const warningsOf = (...texts: readonly string[]) => {
  const trace = new Trace();
  for (const text of texts) trace.warn("rule", text);
  return trace.decision(ENDED, undefined).warnings;
};

test("steps are kept in order with their verdicts", () => {
  const trace = new Trace();
  trace.pass("a", "1");
  trace.set("b", "2");
  trace.warn("c", "3");
  const ended = trace.deny("d", "no-mesh", "4");
  expect(trace.decision(ended, undefined)).toEqual({
    outcome: "deny",
    reason: "no-mesh",
    message: "4",
    trace: [
      { rule: "a", saw: "1", verdict: "pass" },
      { rule: "b", saw: "2", verdict: "set" },
      { rule: "c", saw: "3", verdict: "warn" },
      { rule: "d", saw: "4", verdict: "deny" },
    ],
    warnings: ["3"],
    settings: undefined,
  });
});

test("a warning that is said twice is shown once", () => {
  expect(warningsOf("same", "other", "same")).toEqual(["same", "other"]);
});

test("warnings have at most 256 characters and end well-formed", () => {
  expect(warningsOf("x".repeat(256))).toEqual(["x".repeat(256)]);
  expect(warningsOf("x".repeat(257))).toEqual([`${"x".repeat(255)}…`]);
  expect(warningsOf(`${"x".repeat(254)}😀😀`)[0]?.isWellFormed()).toBe(true);
});

test("control characters of a warning become blanks", () => {
  expect(warningsOf("a\r\n\u001b[31mb")).toEqual(["a [31mb"]);
});

test("a decision is not changed by what is traced after it", () => {
  const trace = new Trace();
  const decision = trace.decision(ENDED, undefined);
  trace.warn("late", "late");
  expect(decision).toMatchObject({ trace: [], warnings: [] });
});
