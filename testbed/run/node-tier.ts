import { once } from "node:events";
import { environmentOf, inNetworkOf, runningCluster } from "../commands/exec.ts";
import { nodeTierParts } from "../node-tier/parts.ts";
import { killAndWait } from "../process/bound-process.ts";
import { waitUntilGone } from "../process/identity.ts";
import { progressOnStderr } from "../progress.ts";
import { startOwned } from "../start-supervisor.ts";
import type { TierResult } from "./tier-result.ts";
import { runVitestTier } from "./vitest-tier.ts";

/** Programs end within a second of their owner; a busy machine may take longer. */
const GONE_MS = 30_000;

/**
 * Runs the tests of `test/node` in the network of one cluster, started before and ended after them whatever happens: it
 * dies with this process too.
 */
export async function runNodeTier(root: string): Promise<TierResult> {
  const start = performance.now();
  const name = `tests-${process.pid}`;
  try {
    const parts = await nodeTierParts(progressOnStderr);
    const supervisor = await startOwned({ tier: "node", name, startedBy: "program", parts }, progressOnStderr);
    const cluster = await runningCluster(name);
    const { machine } = cluster.running.node ?? {};
    void once(supervisor, "exit").then(() => progressOnStderr("the cluster of the tests has ended"));
    try {
      return await runVitestTier(root, "node", {
        commandLine: (command) => inNetworkOf(cluster, command),
        env: environmentOf(cluster),
      });
    } finally {
      await killAndWait(supervisor);
      await waitUntilGone([cluster.remover, ...(machine === undefined ? [] : [machine])], GONE_MS);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${reason}\n`);
    const seconds = (performance.now() - start) / 1_000;
    const failures = [`the cluster did not start: ${reason.split("\n")[0]}`];
    return { kind: "ran", tier: "node", passed: 0, failed: 1, skipped: 0, failures, skips: [], seconds };
  }
}
