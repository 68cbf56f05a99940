import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, type ToolPlace } from "./run-tool.ts";
import type { TierResult } from "./tier-result.ts";
import { countTests } from "./vitest-report.ts";

/** What of a project runs, and where. */
interface Part {
  /** `1/2`: the first half of its files; absent: all. */
  readonly shard?: string;
  readonly place?: ToolPlace;
}

/** Runs one project of `vitest.config.ts`; its own output goes to ours, the counts come from its report. */
export async function runVitestTier(root: string, project: string, { shard, place }: Part = {}): Promise<TierResult> {
  const tier = shard === undefined ? project : `${project} ${shard}`;
  const start = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "outrigger-tests-"));
  try {
    const path = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
    const part = shard === undefined ? [] : [`--shard=${shard}`];
    const exitCode = await runTool(root, "vitest", ["run", "--project", project, ...part, ...reporters], place);
    const report: unknown = await readFile(path, "utf8").then(JSON.parse, () => undefined);
    const { passed, failures, skips } = countTests(report, root, exitCode);
    const seconds = (performance.now() - start) / 1_000;
    return { kind: "ran", tier, passed, failed: failures.length, skipped: skips.length, failures, skips, seconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
