import { once } from "node:events";
import { spawnBound } from "../process/bound-process.ts";
import { childrenOf, identify, type ProcessIdentity } from "../process/identity.ts";
import { TestbedError } from "../testbed-error.ts";
import { INSIDE } from "./plan.ts";

/**
 * Process 1 of the machine. `/run` is its own, and `/var` is the outer one with a layer of its own above it, so sockets,
 * locks, network namespaces, logs and what CNI remembers vanish with it. bash reaps what is orphaned, such as the ends of containers.
 */
const INIT = `set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$1/kubelet" ${INSIDE} /run/var/upper /run/var/work
mount --bind "$1" ${INSIDE}
mount -t overlay -o lowerdir=/var,upperdir=/run/var/upper,workdir=/run/var/work overlay /var
echo up
while :; do sleep infinity & wait; done`;

/** What containers run in: process and mount namespaces of their own, and the network namespace of this process. */
export interface Machine {
  /** Its process 1; when that ends, the kernel ends everything in the machine and drops its mounts. */
  readonly init: ProcessIdentity;
  /** Command line that runs a program in the machine, as a child that dies with this process. */
  command(program: string, args: readonly string[]): readonly string[];
}

/** Starts a machine over the cluster's folder, which it sees as {@link INSIDE}; it dies with this process. */
export async function startMachine(directory: string): Promise<Machine> {
  const namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
  const outer = spawnBound("unshare", [...namespaces, "bash", "-c", INIT, "init", directory], {
    stdio: ["ignore", "pipe", 2],
    cwd: "/",
  });
  const ended = once(outer, "exit").then(() => undefined);
  const said = await Promise.race([once(outer.stdout ?? outer, "data"), ended]);
  const init = outer.pid === undefined ? undefined : childrenOf(outer.pid)[0];
  const identity = init === undefined ? undefined : identify(init);
  if (said === undefined || identity === undefined) {
    throw new TestbedError(
      "start",
      "the namespaces of the node could not be made; what `unshare` and `mount` said is above",
    );
  }
  // Else the pipe would keep this process waiting for more.
  outer.stdout?.destroy();
  return {
    init: identity,
    command(program, args) {
      // nsenter forks to get into the process namespace: its child is to die with it.
      const enter = ["nsenter", "--target", String(identity.pid), "--mount", "--pid", "--"];
      return [...enter, "setpriv", "--pdeathsig", "KILL", "--", program, ...args];
    },
  };
}
