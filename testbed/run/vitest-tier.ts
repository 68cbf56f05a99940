import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, type ToolPlace } from "./run-tool.ts";
import type { TierResult } from "./tier-result.ts";
import { countTests } from "./vitest-report.ts";

/** Runs one project of `vitest.config.ts`; its own output goes to ours, the counts come from its report. */
export async function runVitestTier(root: string, tier: string, place?: ToolPlace): Promise<TierResult> {
  const start = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "outrigger-tests-"));
  try {
    const path = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
    const exitCode = await runTool(root, "vitest", ["run", "--project", tier, ...reporters], place);
    const report: unknown = await readFile(path, "utf8").then(JSON.parse, () => undefined);
    const { passed, failures, skips } = countTests(report, root, exitCode);
    const seconds = (performance.now() - start) / 1_000;
    return { kind: "ran", tier, passed, failed: failures.length, skipped: skips.length, failures, skips, seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
