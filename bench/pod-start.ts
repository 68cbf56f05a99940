// What a sidecar costs when pods start, in a cluster with a node: one pod after the other, with our sidecar, with stand-ins that do
// nothing, and without; then 60 at once; then 300 that no node takes. Prints the figures and keeps bench/results/pod-start.json.
//   npm run testbed -- up --tier node --name bench
//   npm run testbed -- exec --name bench -- node bench/pod-start.ts [rounds [oneByOne] [many] [burst]]
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type JsonObject, member, objectsOf } from "../src/model/json.ts";
import { INJECT_KEY } from "../src/model/names.ts";
import { apply, createNamespace, kubectl } from "../test/node/kubectl.ts";
import { admissionCounts, admissionLatency } from "../test/node/resilience/admission-latency.ts";
import { createWaitingPod } from "../test/node/resilience/pod-creations.ts";
import { installed } from "../test/node/sidecar/installed.ts";
import { BenchPods } from "./bench-pods.ts";
import { type ContainerMemory, containerMemory } from "./container-memory.ts";
import { median } from "./median.ts";

const MESH = "bench-mesh";
const PLAIN = "bench-plain";
const ROUNDS = Number(process.argv[2] ?? 12);
/**
 * The many pods lie in several namespaces, whose sidecars run as different users: each Envoy takes four inotify instances, and
 * Linux allows a user 128 of them on a node unless told otherwise.
 */
const PARTS = 4;
const PART = 15;
const MANY_MESH = Array.from({ length: PARTS }, (_, index) => `bench-many-mesh-${index}`);
const MANY_PLAIN = Array.from({ length: PARTS }, (_, index) => `bench-many-plain-${index}`);
const ALL = ["bench-mesh", "bench-plain", ...MANY_MESH, ...MANY_PLAIN];
const BURST = 300;
/** The kubelet measures memory every ten seconds, and a process that has just started still uses more. */
const SETTLE_MS = 25_000;
const RESULT = join(import.meta.dirname, "results/pod-start.json");
const KINDS = ["none", "standIns", "sidecar"] as const;
type Kind = (typeof KINDS)[number];

const APP = { name: "app", image: "nginx", ports: [{ containerPort: 80 }] };

/** What is measured, in this order, and kept as soon as it is. */
const PARTS_OF_ALL = { oneByOne: startOneByOne, many: startMany, burst: createAtOnce } as const;

const wanted = process.argv.slice(3);
await installed();
await kubectl("delete", "namespace", ...ALL, "--ignore-not-found");
for (const name of [MESH, ...MANY_MESH]) await createNamespace(name, { [INJECT_KEY]: "enabled" });
for (const name of [PLAIN, ...MANY_PLAIN]) await createNamespace(name);
for (const [index, name] of MANY_MESH.entries()) {
  await kubectl("annotate", "namespace", name, `openshift.io/sa.scc.uid-range=${20_000 + index * 1_000}/1000`);
}
try {
  for (const [name, measure] of Object.entries(PARTS_OF_ALL)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const loadBefore = loadavg()[0];
    const figures = await measure();
    await keep(name, { measured: new Date().toISOString(), loadBefore, loadAfter: loadavg()[0], ...figures });
  }
} finally {
  await kubectl("delete", "namespace", ...ALL, "--wait=false");
}

/** Puts the figures of one part in the place of its last ones. */
async function keep(name: string, figures: object): Promise<void> {
  const last = existsSync(RESULT) ? (JSON.parse(await readFile(RESULT, "utf8")) as object) : {};
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version };
  await writeFile(RESULT, `${JSON.stringify({ ...last, machine, [name]: figures }, undefined, 2)}\n`);
  process.stdout.write(`${JSON.stringify({ [name]: figures }, undefined, 2)}\n`);
}

/**
 * One pod at a time, the three kinds in turn, so that whatever else the machine does falls on all; each at any moment of the
 * second in which the kubelet lists its containers, for what waits for that list would else always wait as long.
 */
async function startOneByOne(): Promise<object> {
  const places = {
    none: await BenchPods.of(PLAIN),
    standIns: await BenchPods.of(PLAIN),
    sidecar: await BenchPods.of(MESH),
  };
  const start = async (
    kind: Kind,
    name: string,
    extra: JsonObject,
  ): Promise<Awaited<ReturnType<BenchPods["timeToReady"]>>> => {
    const spec = { terminationGracePeriodSeconds: 1, containers: [APP], ...extra };
    await wait(Math.random() * 1_000);
    const started = await places[kind].timeToReady({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });
    await places[kind].remove(name);
    return started;
  };
  // pulls the images, and shows which probes a stand-in must have
  const injected = await start("sidecar", "first", {});
  const extras: Readonly<Record<Kind, JsonObject>> = { none: {}, standIns: standIns(injected.pod), sidecar: {} };
  for (const kind of KINDS) await start(kind, `warm-${kind.toLowerCase()}`, extras[kind]);
  const times: Record<Kind, number[]> = { none: [], standIns: [], sidecar: [] };
  for (let round = 0; round < ROUNDS; round++) {
    // whoever comes first in a round meets what the one before left behind
    for (const kind of [...KINDS.slice(round % KINDS.length), ...KINDS.slice(0, round % KINDS.length)]) {
      const { milliseconds } = await start(kind, `${kind.toLowerCase()}-${round}`, extras[kind]);
      times[kind].push(Math.round(milliseconds));
    }
  }
  const medians = { none: median(times.none), standIns: median(times.standIns), sidecar: median(times.sidecar) };
  return {
    rounds: ROUNDS,
    medianMilliseconds: medians,
    leastMilliseconds: Object.fromEntries(KINDS.map((kind) => [kind, Math.min(...times[kind])])),
    aboveStandInsMilliseconds: medians.sidecar - medians.standIns,
    aboveNoneMilliseconds: medians.sidecar - medians.none,
    milliseconds: times,
  };
}

/** A native sidecar with the probes and requests of ours that only answers them, and an init container that waits for that and ends. */
function standIns(injected: JsonObject): JsonObject {
  const [envoy, proxyinit] = objectsOf(member(injected["spec"], "initContainers"));
  if (envoy?.["name"] !== "envoy" || proxyinit?.["name"] !== "proxyinit")
    throw new Error(`the sidecar injected in ${MESH} does not begin with envoy and proxyinit`);
  const serve = "mkdir /tmp/page && touch /tmp/page/ready && exec httpd -f -p 15020 -h /tmp/page";
  const wait = "until wget -q -O /dev/null http://127.0.0.1:15020/ready; do sleep 0.02; done";
  const { startupProbe = null, readinessProbe = null, resources = null } = envoy;
  return {
    initContainers: [
      {
        name: "answers",
        image: "busybox",
        restartPolicy: "Always",
        command: ["sh", "-c", serve],
        startupProbe,
        readinessProbe,
        resources,
      },
      { name: "waits", image: "busybox", command: ["sh", "-c", wait], resources: proxyinit["resources"] ?? null },
    ],
  };
}

/** Deployments of many pods in all, without sidecars and with. */
async function startMany(): Promise<object> {
  const start = async (namespaces: readonly string[]): Promise<number> => {
    const begun = performance.now();
    await apply(...namespaces.map(deployment));
    await Promise.all(namespaces.map((one) => kubectl("rollout", "status", ...many(one), "--timeout=300s")));
    return Math.round(performance.now() - begun);
  };
  const stop = async (namespaces: readonly string[]): Promise<void> => {
    await Promise.all(
      namespaces.map((one) => kubectl("delete", ...many(one), "--cascade=foreground", "--timeout=300s")),
    );
  };
  const without = await start(MANY_PLAIN);
  await stop(MANY_PLAIN);
  const withSidecar = await start(MANY_MESH);
  await wait(SETTLE_MS);
  const memory = await containerMemory();
  await stop(MANY_MESH);
  return {
    pods: PARTS * PART,
    allReadyMilliseconds: { without, withSidecar },
    ratio: Math.round((withSidecar / without) * 100) / 100,
    idleSidecar: memoryOf(memory, MANY_MESH, "envoy"),
    controlPlane: memoryOf(memory, ["appmesh-system"], "control-plane"),
    webhook: memoryOf(memory, ["appmesh-inject"], "webhook"),
  };
}

function many(namespace: string): readonly string[] {
  return ["deployment/many", "--namespace", namespace];
}

function memoryOf(all: readonly ContainerMemory[], namespaces: readonly string[], container: string): object {
  const those = all.filter((one) => namespaces.includes(one.namespace) && one.container === container);
  return {
    workingSetMiB: median(those.map(({ workingSetMiB }) => workingSetMiB)),
    residentMiB: median(those.map(({ residentMiB }) => residentMiB)),
  };
}

function deployment(namespace: string): object {
  const labels = { app: "many" };
  const spec = { terminationGracePeriodSeconds: 1, containers: [APP] };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "many", namespace },
    spec: { replicas: PART, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** Pods that no node takes, all at once: what the API server waits for the webhook then. */
async function createAtOnce(): Promise<object> {
  const before = await admissionCounts();
  const begun = performance.now();
  const created = await Promise.all(Array.from({ length: BURST }, () => createWaitingPod(MESH)));
  const milliseconds = Math.round(performance.now() - begun);
  const { mean, within } = admissionLatency(before, await admissionCounts());
  return {
    pods: BURST,
    injected: created.filter(({ injected }) => injected).length,
    milliseconds,
    admissionMilliseconds: { mean: Math.round(mean), halfWithin: within(0.5), ninetyNinePercentWithin: within(0.99) },
  };
}
