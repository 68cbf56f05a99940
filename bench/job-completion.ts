// How soon after its app's end a Job completes, in a cluster with a node: with the sidecar, and without, in turn. The app's end is
// when its last line reached its log; the rest is seen by watching. Prints the figures and keeps bench/results/job-completion.json.
//   npm run testbed -- up --tier node --name bench
//   npm run testbed -- exec --name bench -- node bench/job-completion.ts [rounds]
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { type KubeClient, kubeClient } from "../src/kube/client.ts";
import { kubeEndpoint } from "../src/kube/endpoint.ts";
import { type JsonObject, member, objectsOf } from "../src/model/json.ts";
import { INJECT_KEY } from "../src/model/names.ts";
import { apply, createNamespace, kubectl } from "../test/node/kubectl.ts";
import { installed } from "../test/node/sidecar/installed.ts";
import { median } from "./median.ts";
import { seen } from "./seen.ts";

const NAMESPACES = { none: "bench-jobs-plain", sidecar: "bench-jobs-mesh" } as const;
const KINDS = ["none", "sidecar"] as const;
const ROUNDS = Number(process.argv[2] ?? 10);
const RESULT = join(import.meta.dirname, "results/job-completion.json");

/** Milliseconds from the app's end until each was there. */
interface Completion {
  /** Envoy's last line in its log: it ends then. Without a sidecar there is none. */
  readonly envoyEnded?: number;
  readonly podSucceeded: number;
  readonly jobComplete: number;
}

const client: KubeClient = kubeClient(await kubeEndpoint("", process.env));
await installed();
await kubectl("delete", "namespace", ...Object.values(NAMESPACES), "--ignore-not-found");
await createNamespace(NAMESPACES.none);
await createNamespace(NAMESPACES.sidecar, { [INJECT_KEY]: "enabled" });
try {
  const loadBefore = loadavg()[0];
  // pulls the images
  for (const kind of KINDS) await complete(kind, "warm");
  const times: Record<(typeof KINDS)[number], Completion[]> = { none: [], sidecar: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of KINDS) times[kind].push(await complete(kind, `round-${round}`));
  }
  const figures = {
    measured: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version },
    loadBefore,
    loadAfter: loadavg()[0],
    rounds: ROUNDS,
    medianMillisecondsAfterApp: { none: medians(times.none), sidecar: medians(times.sidecar) },
    millisecondsAfterApp: times,
  };
  await writeFile(RESULT, `${JSON.stringify(figures, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
} finally {
  await kubectl("delete", "namespace", ...Object.values(NAMESPACES), "--wait=false");
}

async function complete(kind: (typeof KINDS)[number], name: string): Promise<Completion> {
  const namespace = NAMESPACES[kind];
  const succeeded = seenAt(
    `/api/v1/namespaces/${namespace}/pods?watch=true&labelSelector=batch.kubernetes.io%2Fjob-name%3D${name}`,
    (pod) => member(pod["status"], "phase") === "Succeeded",
  );
  const done = seenAt(
    `/apis/batch/v1/namespaces/${namespace}/jobs?watch=true&fieldSelector=metadata.name%3D${name}`,
    (job) => {
      const conditions = objectsOf(member(job["status"], "conditions"));
      return conditions.some(({ type, status }) => type === "Complete" && status === "True");
    },
  );
  // ends at another part of the kubelet's rounds each time
  const work = `sleep 1.${Math.floor(Math.random() * 10)}; echo over`;
  const containers = [{ name: "work", image: "busybox", command: ["sh", "-c", work] }];
  await apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace },
    spec: { template: { spec: { restartPolicy: "Never", containers } } },
  });
  const [podSucceeded, jobComplete] = await Promise.all([succeeded, done]);
  const ended = await lastLineAt(namespace, name, "work");
  return {
    ...(kind === "sidecar" && { envoyEnded: (await lastLineAt(namespace, name, "envoy")) - ended }),
    podSucceeded: podSucceeded - ended,
    jobComplete: jobComplete - ended,
  };
}

/** When an object was first seen to be so, in milliseconds since 1970. */
async function seenAt(path: string, isIt: (object: JsonObject) => boolean): Promise<number> {
  await seen(client, path, (event) => isIt(event["object"] as JsonObject));
  return Date.now();
}

/** When a container's last line came, in milliseconds since 1970. */
async function lastLineAt(namespace: string, job: string, container: string): Promise<number> {
  const place = ["--namespace", namespace, "--container", container];
  const line = await kubectl("logs", `job/${job}`, ...place, "--timestamps", "--tail=1");
  return Date.parse(line.split(" ")[0] ?? "");
}

function medians(all: readonly Completion[]): object {
  const ended = all.flatMap(({ envoyEnded }) => envoyEnded ?? []);
  return {
    ...(ended.length > 0 && { envoyEnded: median(ended) }),
    podSucceeded: median(all.map(({ podSucceeded }) => podSucceeded)),
    jobComplete: median(all.map(({ jobComplete }) => jobComplete)),
  };
}
