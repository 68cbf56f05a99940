import { runTool } from "./run-tool.ts";
import type { TierResult } from "./tier-result.ts";

/** Programs of `node_modules/.bin` that look at the code without running it; each counts as one test. */
const CHECKS = [
  { name: "types", command: "tsc", args: ["--noEmit"] },
  { name: "format and lint", command: "biome", args: ["check", "."] },
  { name: "lint with types", command: "oxlint", args: ["--type-aware", "--deny-warnings"] },
  { name: "dead code", command: "knip", args: [] },
] as const;

/** Runs all checks, also after one failed. */
export async function runStaticChecks(root: string): Promise<TierResult> {
  const start = performance.now();
  const failures: string[] = [];
  for (const { name, command, args } of CHECKS) {
    const commandLine = [command, ...args].join(" ");
    process.stdout.write(`${name}: ${commandLine}\n`);
    if ((await runTool(root, command, args)) !== 0) failures.push(`${name}: ${commandLine}`);
  }
  return {
    kind: "ran",
    tier: "static",
    passed: CHECKS.length - failures.length,
    failed: failures.length,
    skipped: 0,
    failures,
    skips: [],
    seconds: (performance.now() - start) / 1_000,
  };
}
