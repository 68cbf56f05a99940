/**
 * The process behind `up`, and behind every cluster of the node tier: parent of the servers until their end. Over the IPC
 * channel it is given a `SupervisorTask`, and tells how the start went (`SupervisorMessage`).
 *
 * It handles no signal and has no shutdown: whatever ends it, the kernel ends the servers and the folder's remover removes
 * the folder (`process/bound-process.ts`).
 */
import { once } from "node:events";
import { startCluster } from "./cluster.ts";
import type { StartedBy } from "./cluster-record.ts";
import { startNodeCluster } from "./node-tier/node-cluster.ts";
import type { NodeTierParts } from "./node-tier/parts.ts";
import { TestbedError, type TestbedErrorCode } from "./testbed-error.ts";

/** The cluster to start. One of the node tier wants a network namespace of its own, and parts that are there already. */
export type SupervisorTask =
  | { readonly tier: "api"; readonly name: string; readonly startedBy: StartedBy }
  | { readonly tier: "node"; readonly name: string; readonly startedBy: StartedBy; readonly parts: NodeTierParts };

export type SupervisorMessage =
  | { readonly kind: "progress"; readonly line: string }
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly code: TestbedErrorCode; readonly message: string };

const HOUR_MS = 3_600_000;

function tell(message: SupervisorMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}

async function supervise(): Promise<void> {
  // The command that started this one is gone: nobody waits for the cluster, and nobody would know of it.
  const abandoned = () => process.exit(1);
  process.once("disconnect", abandoned);
  const [task] = (await once(process, "message")) as [SupervisorTask];
  try {
    const cluster = await start(task);
    if (task.startedBy === "up") process.removeListener("disconnect", abandoned);
    await tell({ kind: "ready" });
    // The servers do not keep this process alive; this does.
    setInterval(() => {}, HOUR_MS);
    await cluster.failed;
    process.exit(1);
  } catch (error) {
    const code = error instanceof TestbedError ? error.code : "start";
    await tell({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
}

async function start(task: SupervisorTask): Promise<{ readonly failed: Promise<string> }> {
  const { name, startedBy } = task;
  if (task.tier === "node") return await startNodeCluster(name, startedBy, task.parts);
  return await startCluster({ name, startedBy, progress: (line) => void tell({ kind: "progress", line }) });
}

await supervise();
