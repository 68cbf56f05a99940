import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { progressOnStderr } from "../../testbed/progress.ts";
import { releaseBefore } from "../../testbed/release-before.ts";
import { apply, kubectl, type Outcome, outcomeOf } from "./kubectl.ts";
import { call } from "./mesh/calls.ts";
import { clusterCounters } from "./mesh/envoy-statistics.ts";
import { TestNamespace } from "./sidecar/app-pod.ts";

/*
 * An upgrade from the release before, and the way back, as somebody does it: installed by its own command, with its own image. Pods that
 * it injected, and pods that this release injected, become ready at either control plane, and calls go through both their sidecars.
 */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const MESH = "release-before";
/** Its pods are injected by the webhook that is installed. */
const namespace = new TestNamespace("release-before");
/** Its pods are injected by hand, by the other release than the one that is installed. */
const byHand = new TestNamespace("release-before-by-hand");
const STEP_MS = 300_000;
const PATIENCE = { timeout: 120_000, interval: 500 };
let before: string;

beforeAll(async () => {
  before = (await releaseBefore(progressOnStderr)).main;
  // other files leave theirs for the next
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
  await Promise.all([namespace.create({ mesh: MESH }), byHand.create({}, "none")]);
  await installs(before);
}, STEP_MS);

afterAll(async () => {
  await kubectl("delete", "mesh", MESH, "--ignore-not-found");
  await Promise.all([namespace.delete(), byHand.delete()]);
  await outcomeOf(process.execPath, [MAIN, "uninstall"]);
}, STEP_MS);

async function installs(main: string): Promise<Outcome> {
  const outcome = await outcomeOf(process.execPath, [main, "install", "--mesh-name", MESH]);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return outcome;
}

const readinessProbe = { httpGet: { path: "/probe/ready", port: 8080 }, periodSeconds: 1 };

/** A server with a Service of its name, and a client; as they are, or as `change` makes them. */
async function pair(
  where: TestNamespace,
  names: { readonly client: string; readonly server: string },
  change: (pod: object) => Promise<object> = (pod) => Promise.resolve(pod),
): Promise<void> {
  const { client, server } = names;
  const pods = [
    where.pod(server, { container: { readinessProbe } }),
    where.pod(client, { container: { readinessProbe } }),
  ];
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: server, namespace: where.name },
    spec: { selector: { app: server }, ports: [{ port: 8080 }] },
  };
  await apply(service, ...(await Promise.all(pods.map(change))));
  await where.ready(client, server);
}

/** An answer this long is counted even where a connection of before is used again, and no probe's answer is as long. */
const LONG_BYTES = 200_000;

/** Through both sidecars: the client's counts what goes out, the server's what comes in. */
async function expectTraffic(where: TestNamespace, client: string, server: string): Promise<void> {
  const received = async (): Promise<readonly number[]> => {
    const sums = [client, server].map(async (name) => {
      const counters = await clusterCounters(where, `app=${name}`, "upstream_cx_rx_bytes_total");
      const traffic = Object.entries(counters).filter(([cluster]) => /pass_through|^cds_/.test(cluster));
      return traffic.reduce((sum, [, count]) => sum + count, 0);
    });
    return await Promise.all(sums);
  };
  const earlier = await received();
  const url = `http://${server}.${where.name}.svc.cluster.local:8080/?bytes=${String(LONG_BYTES)}`;
  const answer = await call(where, client, url);
  expect(answer.status).toBe(200);
  const later = await received();
  const through = later.map((count, place) => count - (earlier[place] ?? 0));
  expect(
    Math.min(...through),
    `bytes through the client's and the server's Envoy: ${through.join(", ")}`,
  ).toBeGreaterThan(LONG_BYTES);
}

/** What `outrigger inject` of a release makes of a pod. */
async function injected(main: string, pod: object): Promise<object> {
  const trust = await kubectl(
    "get",
    "configmap",
    "outrigger-trust",
    "--namespace=appmesh-system",
    "--output=jsonpath={.data.trust\\.pem}",
  );
  const folder = await mkdtemp(join(tmpdir(), "outrigger-release-before-"));
  try {
    const file = join(folder, "trust.pem");
    await writeFile(file, trust);
    const words = [main, "inject", "-f", "-", "-o", "json", "--mesh-name", MESH, "--trust", file];
    const { code, stdout, stderr } = await outcomeOf(process.execPath, words, JSON.stringify(pod));
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as object;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test(
  "pods of release 0.1.0 go on through an upgrade, which observes and says so",
  async () => {
    await pair(namespace, { client: "client", server: "server" });
    expect(await namespace.valueOf("client", ".spec.initContainers[*].image")).toContain("outrigger/outrigger:0.1.0");
    await expectTraffic(namespace, "client", "server");
    const { stderr } = await installs(MAIN);
    expect(stderr).toContain("the mesh is observed (controlPlane.mesh: observe), as the control plane before passed");
    await namespace.ready("client", "server");
    await expectTraffic(namespace, "client", "server");
  },
  STEP_MS,
);

test(
  "a pod of release 0.1.0 that starts at this control plane becomes ready and carries traffic",
  async () => {
    await pair(byHand, { client: "older-client", server: "older-server" }, (pod) => injected(before, pod));
    await expectTraffic(byHand, "older-client", "older-server");
  },
  STEP_MS,
);

test(
  "pods of release 0.1.0 carry the traffic of a mesh that is served",
  async () => {
    const object = (kind: string, name: string, spec: object): object => ({
      apiVersion: "appmesh.k8s.aws/v1beta2",
      kind,
      metadata: { name, ...(kind !== "Mesh" && { namespace: namespace.name }) },
      spec,
    });
    const host = `server.${namespace.name}.svc.cluster.local`;
    const node = (name: string, more: object = {}): object =>
      object("VirtualNode", name, {
        podSelector: { matchLabels: { app: name } },
        listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
        serviceDiscovery: { dns: { hostname: `${name}.${namespace.name}.svc.cluster.local` } },
        ...more,
      });
    await apply(
      object("Mesh", MESH, { namespaceSelector: { matchLabels: { mesh: MESH } } }),
      node("server"),
      node("client", { backends: [{ virtualService: { virtualServiceRef: { name: "server" } } }] }),
      object("VirtualService", "server", {
        awsName: host,
        provider: { virtualNode: { virtualNodeRef: { name: "server" } } },
      }),
    );
    await kubectl("annotate", "namespace", namespace.name, "outrigger.dev/mesh=serve");
    const through = `cds_egress_${MESH}_server_${namespace.name}_http_8080`;
    await vi.waitFor(async () => {
      await call(namespace, "client", `http://${host}:8080/`);
      expect(Object.keys(await clusterCounters(namespace, "app=client", "upstream_rq_total"))).toContain(through);
    }, PATIENCE);
    await expectTraffic(namespace, "client", "server");
    await kubectl("annotate", "namespace", namespace.name, "outrigger.dev/mesh-");
  },
  STEP_MS,
);

test(
  "a pod of this release becomes ready and carries traffic at the control plane of release 0.1.0",
  async () => {
    await installs(before);
    await pair(byHand, { client: "newer-client", server: "newer-server" }, (pod) => injected(MAIN, pod));
    expect(await byHand.valueOf("newer-client", ".spec.initContainers[*].image")).not.toContain("0.1.0");
    await expectTraffic(byHand, "newer-client", "newer-server");
    await expectTraffic(namespace, "client", "server");
  },
  STEP_MS,
);
