import type { Requirement, TierResult } from "./tier-result.ts";

/** What a test run amounts to. */
export interface Total {
  readonly passed: number;
  readonly failed: number;
}

/** Adds up the tiers. Under `all`, each missing tier and each skipped test is a failure. */
export function totalOf(results: readonly TierResult[], requirement: Requirement): Total {
  let passed = 0;
  let failed = 0;
  for (const result of results) {
    if (result.kind === "ran") {
      passed += result.passed;
      failed += result.failed + (requirement === "all" ? result.skipped : 0);
    } else if (requirement === "all") {
      failed++;
    }
  }
  return { passed, failed };
}

/** The end of a test run: a line for each tier, then everything that failed, then, as the last line, the count. */
export function summaryText(results: readonly TierResult[], requirement: Requirement): string {
  const { passed, failed } = totalOf(results, requirement);
  const lines = [...results.map(tierLine), ""];
  const problems = results.flatMap((result) => problemsOf(result, requirement));
  if (problems.length > 0) lines.push("Failed:", ...problems.map((problem) => `  ${problem}`), "");
  lines.push(`${passed} passed, ${failed} failed`);
  return `${lines.join("\n")}\n`;
}

function tierLine(result: TierResult): string {
  const head = `${result.tier.padEnd(8)}${result.seconds.toFixed(1).padStart(7)} s  `;
  if (result.kind === "missing") return `${head}cannot run here: ${result.reason}`;
  const counts = [`${result.passed} passed`];
  if (result.failed > 0) counts.push(`${result.failed} FAILED`);
  if (result.skipped > 0) counts.push(`${result.skipped} skipped`);
  return head + counts.join(", ");
}

function problemsOf(result: TierResult, requirement: Requirement): readonly string[] {
  if (result.kind === "missing") {
    return requirement === "all" ? [`${result.tier}: cannot run here, but OUTRIGGER_REQUIRE=all requires it`] : [];
  }
  const skips = requirement === "all" ? result.skips.map((skip) => `${skip}: skipped, but OUTRIGGER_REQUIRE=all`) : [];
  return [...result.failures, ...skips].map((problem) => `${result.tier}: ${problem}`);
}
