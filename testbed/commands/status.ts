import { readCredentials } from "../api-tier/kubeconfig.ts";
import { isReady } from "../api-tier/ready.ts";
import { type ClusterRecord, listRecords, type RunningRecord } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { askOwner } from "../node-tier/control-requests.ts";

export interface ClusterStatus {
  readonly name: string;
  readonly tier: string;
  /** `not-ready`: the processes run, but the API server does not say that it is ready. */
  readonly state: "ready" | "not-ready" | "starting";
  readonly startedBy: string;
  readonly since: string;
  readonly server: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly processes: Readonly<Record<string, number>>;
}

/** What runs now; each API server is asked whether it is ready. */
export async function status(): Promise<readonly ClusterStatus[]> {
  const records = await listRecords(locations().clusters);
  return await Promise.all(records.map(statusOf));
}

async function statusOf(record: ClusterRecord): Promise<ClusterStatus> {
  const { name, tier, startedBy, since, owner, running } = record;
  const base = { name, tier, startedBy, since };
  if (running === undefined) {
    return { ...base, state: "starting", server: undefined, kubeconfig: undefined, processes: { owner: owner.pid } };
  }
  const ready = await isRunningReady(running);
  return {
    ...base,
    state: ready ? "ready" : "not-ready",
    server: running.server,
    kubeconfig: running.kubeconfig,
    processes: {
      owner: owner.pid,
      etcd: running.etcd.pid,
      "kube-apiserver": running.apiServer.pid,
      ...(running.node === undefined ? {} : { machine: running.node.machine.pid }),
      ...Object.fromEntries(Object.entries(running.node?.processes ?? {}).map(([program, { pid }]) => [program, pid])),
    },
  };
}

/** A node's API server listens in its own network, which only the cluster's owner sees. */
async function isRunningReady({ server, kubeconfig, node }: RunningRecord): Promise<boolean> {
  if (node !== undefined) return await askOwner(node.control, { kind: "is-ready" }).catch(() => false);
  return await isReady(server, await readCredentials(kubeconfig));
}

/** The table for a person; one line for each cluster. */
export function statusText(clusters: readonly ClusterStatus[]): string {
  if (clusters.length === 0) return "nothing runs; start a cluster with: npm run testbed -- up\n";
  const rows = clusters.map(({ name, tier, state, startedBy, since, server }) => [
    name,
    tier,
    state,
    startedBy,
    since,
    server ?? "-",
  ]);
  const table = [["NAME", "TIER", "STATE", "STARTED BY", "SINCE", "SERVER"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return `${table.map((row) => line(row).trimEnd()).join("\n")}\n`;
}
