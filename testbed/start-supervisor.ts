import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { spawnBound } from "./process/bound-process.ts";
import type { Progress } from "./progress.ts";
import type { SupervisorMessage, SupervisorTask } from "./supervisor.ts";
import { TestbedError } from "./testbed-error.ts";

const SUPERVISOR = join(import.meta.dirname, "supervisor.ts");

/**
 * Starts a cluster that outlives this process, and returns when it is ready. If this process ends before that, the cluster
 * ends too.
 *
 * @throws TestbedError what the supervisor says, or `start` when it ends.
 */
export async function startDetached(task: SupervisorTask, progress: Progress): Promise<void> {
  const [command, ...args] = commandLine(task);
  const supervisor = spawn(command, args, {
    // A session of its own, and none of our streams: the terminal, or a pipe that we write to, may go away before it.
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    cwd: "/",
  });
  // Ctrl-C goes to the terminal's process group, of which the supervisor is no part: it dies because we disconnect.
  await untilReady(supervisor, task, progress);
  supervisor.disconnect();
  supervisor.unref();
}

/** The same for a cluster that ends with this process; kill the process that it returns to end it before. */
export async function startOwned(task: SupervisorTask, progress: Progress): Promise<ChildProcess> {
  const [command, ...args] = commandLine(task);
  const supervisor = spawnBound(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"], cwd: "/" });
  await untilReady(supervisor, task, progress);
  return supervisor;
}

/**
 * The name is for people who look at processes. `unshare` becomes the supervisor (it does not fork without `--pid`), so
 * signals and process numbers mean the same.
 */
function commandLine(task: SupervisorTask): readonly [string, ...string[]] {
  const supervisor = [process.execPath, SUPERVISOR, task.name] as const;
  return task.tier === "node" ? ["unshare", "--net", "--", ...supervisor] : supervisor;
}

function untilReady(supervisor: ChildProcess, task: SupervisorTask, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    // Kept in the pipe until the supervisor listens. An error means that it ended, and so says the event.
    supervisor.send(task, () => {});
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
