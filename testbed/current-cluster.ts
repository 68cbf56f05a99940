import { type RunningCluster, runningCluster } from "./commands/exec.ts";
import { TestbedError } from "./testbed-error.ts";

/**
 * The cluster with a node whose network this process is in: started by `npm test -- node`, or entered with
 * `npm run testbed -- exec`. `KUBECONFIG` is set and `kubectl` is on `PATH` there.
 *
 * @throws TestbedError `usage` outside of a cluster, `not-running` when it has ended.
 */
export async function currentCluster(env: NodeJS.ProcessEnv = process.env): Promise<RunningCluster> {
  const name = env.OUTRIGGER_TESTBED ?? "";
  const cluster = name === "" ? undefined : await runningCluster(name);
  if (cluster?.running.node !== undefined) return cluster;
  throw new TestbedError(
    "usage",
    "these tests run in the network of a cluster with a node; start them with: npm test -- node, or, with a cluster from " +
      "`npm run testbed -- up --tier node`, with: npm run testbed -- exec vitest run --project node FILE",
  );
}
