import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { apiBinaries } from "../binaries/api-binaries.ts";
import { checkName, type RunningRecord, readRecord } from "../cluster-record.ts";
import { locations } from "../locations.ts";
import { withFileLock } from "../process/file-lock.ts";
import type { Progress } from "../progress.ts";
import type { SupervisorMessage } from "../supervisor.ts";
import { TestbedError } from "../testbed-error.ts";

const SUPERVISOR = join(import.meta.dirname, "..", "supervisor.ts");

export interface UpResult {
  readonly running: RunningRecord;
  /** False: it ran already and nothing was done. */
  readonly started: boolean;
}

/**
 * Has a cluster of that name run, until `down`. Two of these at once for the same name start one cluster.
 *
 * @throws TestbedError as `startCluster` does.
 */
export async function up(name: string, progress: Progress): Promise<UpResult> {
  checkName(name);
  const where = locations();
  // Before the supervisor, so that Ctrl-C in a build of minutes ends it like any other command.
  await apiBinaries(progress);
  const waiting = () => progress(`another \`up\` is starting; waiting for it`);
  return await withFileLock(join(where.locks, `up-${name}.lock`), waiting, async () => {
    const before = await readRecord(where.clusters, name);
    if (before?.running !== undefined) return { running: before.running, started: false };
    progress(`starting etcd and kube-apiserver as "${name}"`);
    await startSupervisor(name, progress);
    const after = await readRecord(where.clusters, name);
    if (after?.running === undefined)
      throw new TestbedError("start", `the cluster ${name} ended right after its start`);
    return { running: after.running, started: true };
  });
}

async function startSupervisor(name: string, progress: Progress): Promise<void> {
  const supervisor = spawn(process.execPath, [SUPERVISOR, name], {
    // A session of its own, and none of our streams: the terminal, or a pipe that we write to, may go away before it.
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    cwd: "/",
  });
  // Ctrl-C goes to the terminal's process group, of which the supervisor is no part: it dies because we disconnect.
  await untilReady(supervisor, progress);
  supervisor.disconnect();
  supervisor.unref();
}

function untilReady(supervisor: ChildProcess, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    supervisor.on("message", (message: SupervisorMessage) => {
      if (message.kind === "progress") progress(message.line);
      else if (message.kind === "ready") resolve();
      else reject(new TestbedError(message.code, message.message));
    });
    supervisor.once("error", reject);
    supervisor.once("exit", (code, signal) => {
      reject(new TestbedError("start", `the testbed's supervisor ended (${signal ?? `exit code ${code}`})`));
    });
  });
}
