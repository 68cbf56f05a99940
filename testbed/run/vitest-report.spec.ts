import { expect, test } from "vitest";
import { countTests } from "./vitest-report.ts";

const file = (name: string, statuses: readonly string[], status = "passed", message = "") => ({
  name: `/repo/${name}`,
  status,
  message,
  assertionResults: statuses.map((each, index) => ({ fullName: `does ${index}`, status: each })),
});

function count(exitCode: number, ...testResults: readonly object[]) {
  return countTests({ testResults }, "/repo", exitCode);
}

test("passed tests are counted over files", () => {
  expect(count(0, file("a.spec.ts", ["passed", "passed"]), file("b.spec.ts", ["passed"]))).toEqual({
    passed: 3,
    failures: [],
    skips: [],
  });
});

test("a failed test is named with its file", () => {
  const { passed, failures } = count(1, file("a.spec.ts", ["passed", "failed"], "failed"));
  expect({ passed, failures }).toEqual({ passed: 1, failures: ["a.spec.ts › does 1"] });
});

test("skipped and planned tests are neither passed nor failed", () => {
  expect(count(0, file("a.spec.ts", ["passed", "skipped", "todo"]))).toMatchObject({
    passed: 1,
    failures: [],
    skips: ["a.spec.ts › does 1 (skipped)", "a.spec.ts › does 2 (todo)"],
  });
});

test("a file that could not be loaded is a failure with its message", () => {
  expect(count(1, file("a.spec.ts", [], "failed", "SyntaxError: x\n  at y")).failures).toEqual([
    "a.spec.ts: SyntaxError: x",
  ]);
});

test("an error outside of tests is a failure although all tests passed", () => {
  expect(count(1, file("a.spec.ts", ["passed"])).failures).toEqual([expect.stringContaining("exit code 1")]);
});

test("a run without a test is a failure", () => {
  expect(count(0).failures).toEqual(["no test was found"]);
});

test("a run without a report is a failure", () => {
  expect(countTests(undefined, "/repo", 1).failures).toHaveLength(1);
  expect(countTests({ testResults: "no" }, "/repo", 0).failures).toHaveLength(1);
});
