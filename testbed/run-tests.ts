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

/** What a tier lacks on this machine; undefined when it is ready to run. */
async function prepare(tier: Tier): Promise<TierResult | undefined> {
  const start = performance.now();
  try {
    await tier.prepare();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "missing", tier: tier.name, reason, seconds: (performance.now() - start) / 1_000 };
  }
}

async function runLine(tiers: readonly Tier[], missing: ReadonlyMap<Tier, TierResult>): Promise<readonly TierResult[]> {
  const results: TierResult[] = [];
  for (const tier of tiers) {
    headline(`${tier.name}: ${tier.title}`);
    const result = missing.get(tier) ?? (await tier.run(ROOT));
    if (result.kind === "missing") process.stdout.write(`cannot run here: ${result.reason}\n`);
    results.push(result);
  }
  return results;
}

/** What is built for one line would disturb the tests of another, and two would build the same: everything first. */
async function runStage(lines: readonly (readonly Tier[])[]): Promise<readonly TierResult[]> {
  const missing = new Map<Tier, TierResult>();
  for (const tier of lines.flat()) {
    const result = await prepare(tier);
    if (result !== undefined) missing.set(tier, result);
  }
  return (await Promise.all(lines.map((line) => runLine(line, missing)))).flat();
}

async function runTiers(tiers: readonly Tier[], requirement: Requirement): Promise<number> {
  const results: TierResult[] = [];
  for (const lines of STAGES) {
    results.push(...(await runStage(lines.map((line) => line.filter((tier) => tiers.includes(tier))))));
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
