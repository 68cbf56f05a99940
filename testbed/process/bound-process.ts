import type { StdioOptions } from "node:child_process";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { TestbedError } from "../testbed-error.ts";
import { identify, type ProcessIdentity } from "./identity.ts";

/**
 * Nothing of the testbed outlives the process that started it, not even when that one is killed with SIGKILL:
 *
 * - a server is started by `setpriv --pdeathsig KILL`, so the kernel kills it together with its parent (prctl(2),
 *   PR_SET_PDEATHSIG). A parent that dies between fork and prctl would be missed; the one-line shell sees that its
 *   parent is no longer the owner and does not start the server;
 * - files are removed by a small shell that reads from a pipe to the owner: the pipe ends when the owner does.
 *
 * So a crash, Ctrl-C and an orderly stop are the same path, and that one path is what the tests kill.
 */
const ONLY_UNDER_OWNER = '[ "$PPID" = "$0" ] && exec "$@"';

// The folder goes last: a control group can be removed when the last process in it is gone, and not before, so whoever
// waits for the folder waits for those processes too.
// `rm` succeeds once; until then a server that is just dying may still have put a file there. Nothing is looked at after
// the success: by then the folder of that name may be somebody else's.
const REMOVE_WHEN_PIPE_ENDS = `trap "" HUP INT TERM
while read -r _; do :; done
n=0
for group in "$@"; do
  until [ ! -e "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
    n=$((n + 1)); [ $n -lt 100 ] || break; sleep 0.1
  done
done
n=0
until rm -rf -- "$0" 2>/dev/null; do n=$((n + 1)); [ $n -lt 100 ] || exit 1; sleep 0.1; done`;

/**
 * Starts a program that dies with this process. Like `spawn`, and does not keep this process alive. Called in a worker
 * thread, it dies with that thread: for the kernel a child's parent is the thread that made it.
 */
export function spawnBound(
  command: string,
  args: readonly string[],
  options: { readonly stdio: StdioOptions; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
): ChildProcess {
  const shell = ["sh", "-c", ONLY_UNDER_OWNER, String(process.pid), command, ...args];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...shell], options);
  child.unref();
  return child;
}

/** Kills a process started here and waits for its end; returns at once when it has ended already. */
export async function killAndWait(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.ref();
  child.kill("SIGKILL");
  await ended;
}

/** A folder that disappears with this process. */
export interface BoundDirectory {
  readonly path: string;
  /** The process that removes it. */
  readonly remover: ProcessIdentity;
  /** Removes the folder now. */
  remove(): Promise<void>;
}

/**
 * Makes an existing folder disappear with this process, and with it folders of control groups (cgroups(7)), which may be
 * made later; those are waited for, because they can be removed when their last process has ended.
 */
export async function bindDirectory(path: string, controlGroups: readonly string[] = []): Promise<BoundDirectory> {
  // A session of its own: Ctrl-C reaches the owner's whole process group, and the remover has to outlive the owner.
  const remover = spawn("sh", ["-c", REMOVE_WHEN_PIPE_ENDS, path, ...controlGroups], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
  });
  await once(remover, "spawn");
  remover.unref();
  const identity = remover.pid === undefined ? undefined : identify(remover.pid);
  if (identity === undefined) throw new TestbedError("start", `the process that is to remove ${path} ended at once`);
  return {
    path,
    remover: identity,
    async remove() {
      if (remover.exitCode === null && remover.signalCode === null) {
        const ended = once(remover, "exit");
        remover.ref();
        remover.stdin.end();
        await ended;
      }
      // Not 0: somebody killed the remover.
      if (remover.exitCode !== 0) await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Fails with the way out when this machine cannot bind a process to its parent. */
export async function requireBoundProcesses(): Promise<void> {
  const probe = spawn("setpriv", ["--pdeathsig", "KILL", "--", "true"], { stdio: "ignore" });
  const [code] = await once(probe, "exit").catch((cause: unknown) => [cause]);
  if (code === 0) return;
  throw new TestbedError(
    "unavailable",
    "the testbed needs `setpriv --pdeathsig` of util-linux 2.33 or newer, so that no server outlives it; install util-linux",
  );
}
