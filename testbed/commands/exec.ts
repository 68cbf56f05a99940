import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { checkName, type RunningRecord, readRecord } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { TestbedError } from "../testbed-error.ts";

const FORWARDED = ["SIGTERM", "SIGHUP"] as const;

/** The running cluster of that name. @throws TestbedError `not-running`. */
export async function runningCluster(name: string): Promise<RunningRecord> {
  checkName(name);
  const record = await readRecord(locations().clusters, name);
  if (record?.running !== undefined) return record.running;
  const found = record === undefined ? "does not run" : "is still starting";
  throw new TestbedError(
    "not-running",
    `the cluster ${name} ${found}; start it with: npm run testbed -- up --name ${name}`,
  );
}

/**
 * Runs a command against the cluster: `KUBECONFIG` is set and its kubectl comes first on `PATH`. Standard streams are
 * ours, and the result is the command's exit code, or 128 and the number of the signal that ended it, as in a shell.
 *
 * @throws TestbedError `usage` when the command cannot be started.
 */
export async function execIn(cluster: RunningRecord, command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      KUBECONFIG: cluster.kubeconfig,
      PATH: `${dirname(cluster.kubectl)}${delimiter}${process.env.PATH ?? ""}`,
    },
  });
  // The terminal sends Ctrl-C to the command too: what it means is the command's business, and we wait for its answer.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TestbedError("usage", `cannot run ${JSON.stringify(command)}: ${reason}`, { cause });
  } finally {
    process.removeListener("SIGINT", ignore);
    for (const signal of FORWARDED) process.removeListener(signal, forward);
  }
}
