/**
 * A candidate in a process of its own, so that a test can kill it: `leader-candidate.ts KUBECONFIG NAMESPACE IDENTITY SKEW`.
 * Its wall clock goes wrong by SKEW milliseconds. Says `leads` and `stops` on standard output; SIGTERM ends it as a kubelet does.
 */
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { runAsLeader } from "../../src/kube/leader.ts";

const [kubeconfig = "", namespace = "", identity = "", skew = "0"] = process.argv.slice(2);
/** A busy machine must not make a leader lose its Lease. */
const timings = { duration: 6_000, renewDeadline: 5_000, retry: 200, release: 2_000 };

const abort = new AbortController();
process.on("SIGTERM", () => abort.abort());
await runAsLeader(
  {
    client: kubeClient(await kubeEndpoint(kubeconfig, {})),
    lease: { namespace, name: "contested" },
    identity,
    timings,
    now: () => new Date(Date.now() + Number(skew)),
    onProblem: (error) => process.stderr.write(`${identity}: ${(error as Error).message}\n`),
  },
  async (signal) => {
    process.stdout.write("leads\n");
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    process.stdout.write("stops\n");
  },
  abort.signal,
);
