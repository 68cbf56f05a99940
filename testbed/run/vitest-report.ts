import { relative } from "node:path";

/** The parts of vitest's JSON report (the shape of Jest's) that count. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skips: readonly string[];
}

/**
 * Counts the tests of a report. A file that failed without a failing test (it could not be loaded, or a hook threw) is one
 * failure. A run that ended with `exitCode` other than 0 has at least one failure, and a run of no test at all is one:
 * neither may look like success.
 */
export function countTests(report: unknown, root: string, exitCode: number): TestCounts {
  let passed = 0;
  const failures: string[] = [];
  const skips: string[] = [];
  for (const file of asReport(report).testResults) {
    const path = relative(root, file.name);
    let failedHere = 0;
    for (const { fullName, status } of file.assertionResults) {
      if (status === "passed") passed++;
      else if (status === "failed") {
        failures.push(`${path} › ${fullName}`);
        failedHere++;
      } else skips.push(`${path} › ${fullName} (${status})`);
    }
    if (file.status === "failed" && failedHere === 0) {
      failures.push(`${path}: ${file.message?.trim().split("\n")[0] || "could not be loaded"}`);
    }
  }
  if (failures.length === 0 && exitCode !== 0)
    failures.push(`vitest ended with exit code ${exitCode}; its output is above`);
  if (failures.length === 0 && passed + skips.length === 0) failures.push("no test was found");
  return { passed, failures, skips };
}

function asReport(report: unknown): Report {
  const results = (report as Partial<Report> | null | undefined)?.testResults;
  return { testResults: Array.isArray(results) ? results : [] };
}
