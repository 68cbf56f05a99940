import { join } from "node:path";
import { apiBinaries } from "../binaries/api-binaries.ts";
import { type ClusterRecord, checkName, type RunningRecord, readRecord, type TierName } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { nodeTierParts } from "../node-tier/parts.ts";
import { withFileLock } from "../process/file-lock.ts";
import type { Progress } from "../progress.ts";
import { startDetached } from "../start-supervisor.ts";
import type { SupervisorTask } from "../supervisor.ts";
import { TestbedError } from "../testbed-error.ts";

export interface UpResult {
  readonly running: RunningRecord;
  /** False: it ran already and nothing was done. */
  readonly started: boolean;
}

/**
 * Has a cluster of that name and tier run, until `down`. Two of these at once for the same name start one cluster.
 *
 * @throws TestbedError as `startCluster` and `startNodeCluster` do; `name-taken` when it runs as the other tier.
 */
export async function up(name: string, tier: TierName, progress: Progress): Promise<UpResult> {
  checkName(name);
  const where = locations();
  const found = runningOf(await readRecord(where.clusters, name), tier);
  if (found !== undefined) return { running: found, started: false };
  // Before the supervisor, so that Ctrl-C in a build of minutes ends it like any other command.
  const task = await prepare(name, tier, progress);
  const waiting = () => progress(`another \`up\` is starting; waiting for it`);
  return await withFileLock(join(where.locks, `up-${name}.lock`), waiting, async () => {
    const before = runningOf(await readRecord(where.clusters, name), tier);
    if (before !== undefined) return { running: before, started: false };
    progress(`starting ${WHAT_STARTS[tier]} as "${name}"`);
    await startDetached(task, progress);
    const after = await readRecord(where.clusters, name);
    if (after?.running === undefined)
      throw new TestbedError("start", `the cluster ${name} ended right after its start`);
    return { running: after.running, started: true };
  });
}

const WHAT_STARTS = { api: "etcd and kube-apiserver", node: "a Kubernetes with a node" } as const;

function runningOf(record: ClusterRecord | undefined, tier: TierName): RunningRecord | undefined {
  if (record?.running === undefined || record.tier === tier) return record?.running;
  throw new TestbedError(
    "name-taken",
    `the cluster ${record.name} runs already, as tier ${record.tier}; stop it with: npm run testbed -- down --name ${record.name}`,
  );
}

async function prepare(name: string, tier: TierName, progress: Progress): Promise<SupervisorTask> {
  if (tier === "node") return { tier, name, startedBy: "up", parts: await nodeTierParts(progress) };
  await apiBinaries(progress);
  return { tier, name, startedBy: "up" };
}
