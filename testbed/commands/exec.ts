import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { delimiter, dirname } from "node:path";
import { type ClusterRecord, checkName, type RunningRecord, readRecord } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { TestbedError } from "../testbed-error.ts";

const FORWARDED = ["SIGTERM", "SIGHUP"] as const;

/** A cluster that runs. */
export type RunningCluster = ClusterRecord & { readonly running: RunningRecord };

/** The running cluster of that name. @throws TestbedError `not-running`. */
export async function runningCluster(name: string): Promise<RunningCluster> {
  checkName(name);
  const record = await readRecord(locations().clusters, name);
  if (record?.running !== undefined) return { ...record, running: record.running };
  const found = record === undefined ? "does not run" : "is still starting";
  throw new TestbedError(
    "not-running",
    `the cluster ${name} ${found}; start it with: npm run testbed -- up --name ${name}`,
  );
}

/**
 * Runs a command against the cluster: `KUBECONFIG` is set, its kubectl (and with a node, iptables and the like) comes
 * first on `PATH`, and with a node the command is in the cluster's network. Standard streams are ours, and the result is
 * the command's exit code, or 128 and the number of the signal that ended it, as in a shell.
 *
 * @throws TestbedError `usage` when the command cannot be started.
 */
export async function execIn(cluster: RunningCluster, command: string, args: readonly string[]): Promise<number> {
  const [program, ...rest] = inNetworkOf(cluster, [command, ...args]);
  const child = spawn(program, rest, { stdio: "inherit", env: environmentOf(cluster) });
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

/**
 * The command line that runs a command in a cluster's network namespace. nsenter becomes the command, so signals reach it;
 * files and process numbers stay the caller's.
 */
export function inNetworkOf(
  { owner, running }: RunningCluster,
  commandLine: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  if (running.node === undefined) return commandLine;
  return ["nsenter", `--net=/proc/${owner.pid}/ns/net`, "--", ...commandLine];
}

/** The environment of a command that is to use the cluster. `OUTRIGGER_TESTBED` names the cluster. */
export function environmentOf({ name, running }: RunningCluster): NodeJS.ProcessEnv {
  const folders = [dirname(running.kubectl), ...(running.node === undefined ? [] : [running.node.tools])];
  return {
    ...process.env,
    KUBECONFIG: running.kubeconfig,
    OUTRIGGER_TESTBED: name,
    PATH: [...folders, process.env.PATH ?? ""].join(delimiter),
  };
}
