/**
 * `npm test`: every tier that this machine can run, some side by side (`STAGES`), then a summary whose last line is
 * `N passed, N failed`. `npm test -- unit api` runs only those. With `OUTRIGGER_REQUIRE=all` a tier that cannot run and a
 * test that is skipped are failures.
 *
 * Exit codes: 0 nothing failed; 1 something did; 2 usage.
 */
import { join } from "node:path";
import { summaryText, totalOf } from "./run/summary.ts";
import { type Requirement, requirementOf, type TierResult } from "./run/tier-result.ts";
import { STAGES, TIERS, type Tier } from "./run/tiers.ts";

const ROOT = join(import.meta.dirname, "..");

function headline(text: string): void {
  process.stdout.write(`\n━━━ ${text} ${"━".repeat(Math.max(3, 74 - text.length))}\n`);
}

async function runTier(tier: Tier): Promise<TierResult> {
  const start = performance.now();
  try {
    await tier.prepare();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`cannot run here: ${reason}\n`);
    return { kind: "missing", tier: tier.name, reason, seconds: (performance.now() - start) / 1_000 };
  }
  return await tier.run(ROOT);
}

async function runLine(tiers: readonly Tier[]): Promise<readonly TierResult[]> {
  const results: TierResult[] = [];
  for (const tier of tiers) {
    headline(`${tier.name}: ${tier.title}`);
    results.push(await runTier(tier));
  }
  return results;
}

async function runTiers(tiers: readonly Tier[], requirement: Requirement): Promise<number> {
  const results: TierResult[] = [];
  for (const lines of STAGES) {
    const chosen = lines.map((line) => line.filter((tier) => tiers.includes(tier)));
    results.push(...(await Promise.all(chosen.map(runLine))).flat());
  }
  headline("summary");
  process.stdout.write(summaryText(results, requirement));
  return totalOf(results, requirement).failed === 0 ? 0 : 1;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !TIERS.some((tier) => tier.name === name));
const requirement = requirementOf(process.env.OUTRIGGER_REQUIRE);
if (unknown.length > 0) {
  process.stderr.write(
    `no tier is named ${unknown.join(", ")}; there are ${TIERS.map(({ name }) => name).join(", ")}\n`,
  );
  process.exitCode = 2;
} else if (requirement === undefined) {
  process.stderr.write(
    `OUTRIGGER_REQUIRE is ${JSON.stringify(process.env.OUTRIGGER_REQUIRE)}; expected all, or nothing\n`,
  );
  process.exitCode = 2;
} else {
  process.exitCode = await runTiers(
    wanted.length === 0 ? TIERS : TIERS.filter(({ name }) => wanted.includes(name)),
    requirement,
  );
}
