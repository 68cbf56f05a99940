import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TLS_CHANGE_LIMITS } from "../../src/control-plane/proxies/tls-change-limits.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { type JsonObject, jsonIn, member } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import {
  type ReplaceableCertificate,
  replaceableCertificate,
  type TestControlPlane,
  testControlPlane,
} from "../control-plane-harness.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import { text } from "./api-object.ts";
import { installCrds } from "./custom-resources.ts";
import { type Kubectl, kubectlOf } from "./kubectl.ts";
import { installRights } from "./mesh-cluster.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { podEnvoy, specAt } from "./pod-envoy.ts";
import { createReplicaPod, deleteReplicaPod } from "./replica-pods.ts";
import { until } from "./until.ts";

/* Two replicas, a real API server, and real Envoys of one node and of its caller at each of them: how long a change of TLS takes. */

let cluster: OwnCluster;
let kubectl: Kubectl;
let authority: TestAuthority;
let certificate: ReplaceableCertificate;
let replicas: readonly TestControlPlane[] = [];
let files: string;
const cleanUp: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await startOwnCluster();
  kubectl = kubectlOf(cluster);
  await installCrds(cluster.api, customResourceDefinitions());
  await installRights(cluster);
  await kubectl("create", "namespace", "shop");
  await kubectl("label", "namespace", "shop", "mesh=main");
  await kubectl("create", "serviceaccount", "default", "-n", "shop");
  authority = await testAuthority();
  const issued = await authority.issue({ type: "dns", value: "localhost" });
  certificate = replaceableCertificate(issued);
  files = await mkdtemp(join(tmpdir(), "outrigger-tls-"));
  const pems = { "a.crt": issued.cert, "a.key": issued.key, "a.pem": authority.pem };
  for (const [name, pem] of Object.entries(pems)) await writeFile(join(files, name), pem);
  await kubectl("apply", "-f", "-", objects("plain"));
  const names = ["replica-1", "replica-2"];
  for (const name of names) await createReplicaPod(cluster.api, name);
  replicas = await Promise.all(names.map(replica));
  for (const [index, at] of replicas.entries())
    for (const node of ["back", "front"]) await proxy(at, node, `${node}-${index}`);
  await Promise.all(replicas.map(untilServed));
}, 300_000);

afterAll(async () => {
  for (const clean of cleanUp.toReversed()) await clean();
  for (const each of replicas) await each.close();
  await cluster?.stop();
  await rm(files, { recursive: true, force: true });
});

/** With the rights of an installed one, and no others. */
async function replica(name: string): Promise<TestControlPlane> {
  const account = "outrigger-control-plane";
  const bound = ["--bound-object-kind", "Pod", "--bound-object-name", name];
  const { stdout: token } = await kubectl("create", "token", account, "-n", "appmesh-system", ...bound);
  const kubeconfig = join(files, `${name}.kubeconfig`);
  await writeFile(kubeconfig, JSON.stringify(await cluster.kubeconfigOf({ token: token.trim() })));
  return testControlPlane(kubeconfig, certificate, { controlPlane: { mesh: "serve" } }, name);
}

function object(kind: Kind, name: string, spec: JsonObject): JsonObject {
  const metadata = { name, ...(KIND_FACTS[kind].scope === "Namespaced" && { namespace: "shop" }) };
  return { apiVersion: APPMESH_API_VERSION, kind, metadata, spec };
}

/** Everything, as of a way in which `front` calls `back`. */
function objects(way: "plain" | "strict"): readonly JsonObject[] {
  const isStrict = way === "strict";
  const shown = { certificateChain: join(files, "a.crt"), privateKey: join(files, "a.key") };
  const tls = { mode: "STRICT", certificate: { file: shown } };
  const trust = { file: { certificateChain: join(files, "a.pem") } };
  const node = (name: string, more: JsonObject, listener: JsonObject = {}): JsonObject =>
    object("VirtualNode", name, {
      podSelector: { matchLabels: { app: name } },
      listeners: [{ portMapping: { port: 8080, protocol: "http" }, ...listener }],
      serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local` } },
      ...more,
    });
  return [
    object("Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } }),
    node("back", {}, isStrict ? { tls } : {}),
    object("VirtualService", "back", {
      awsName: "back.shop.svc.cluster.local",
      provider: { virtualNode: { virtualNodeRef: { name: "back" } } },
    }),
    node("front", {
      backends: [{ virtualService: { virtualServiceRef: { name: "back" } } }],
      ...(isStrict && { backendDefaults: { clientPolicy: { tls: { validation: { trust } } } } }),
    }),
  ];
}

/** A real Envoy as the sidecar of a pod. */
async function proxy(at: TestControlPlane, node: string, name: string): Promise<void> {
  const spec = specAt(at.address.port, { name: `${node}_shop` });
  const labels = { app: node };
  const started = await podEnvoy({ api: cluster.api, namespace: "shop", name, labels, spec, trust: authority.pem });
  cleanUp.push(started.stop);
}

/** Both of its proxies have the mesh, and what it says of them has been written. */
async function untilServed(at: TestControlPlane): Promise<void> {
  await until(async () => {
    const streams = await at.streams();
    const accepted = streams.filter((stream) => (member(member(stream["types"], "listener"), "accepted") ?? "") !== "");
    return accepted.length === 2 ? undefined : JSON.stringify(streams);
  });
}

async function sum(sample: string): Promise<number> {
  const all = await Promise.all(replicas.map((each) => each.metric(sample)));
  return all.reduce<number>((total, each) => total + (each ?? Number.NaN), 0);
}

/** Changes the TLS of everything, and says how many milliseconds it took until no replica had a change on its way. */
async function change(way: "plain" | "strict"): Promise<number> {
  const done = lines().length;
  await kubectl("apply", "-f", "-", objects(way));
  const begun = performance.now();
  await until(async () => (lines().length === done + 2 ? undefined : `${lines().length - done} of 2`), 60_000);
  const time = performance.now() - begun;
  expect(await sum("outrigger_tls_changes")).toBe(0);
  return time;
}

/** What replicas said of changes that are through. */
function lines(): readonly JsonObject[] {
  return replicas.flatMap((each) => each.lines.filter(({ msg }) => msg === "TLS of a listener has changed"));
}

const { step } = TLS_CHANGE_LIMITS;

test("replicas go on as soon as the proxies of both have a step, and none waits for its ten seconds", async () => {
  const time = await change("strict");
  expect([await sum("outrigger_tls_steps_late_total"), await sum("outrigger_tls_steps_unheard_total")]).toEqual([0, 0]);
  console.info(`a change of TLS in two replicas took ${Math.round(time)} ms`);
  const path = "/api/v1/namespaces/appmesh-system/configmaps/outrigger-report-replica-1";
  const { body } = await cluster.api.send("GET", path);
  const report = jsonIn(text(member(body["data"], "report.json")));
  expect(member(report, "tls")).toMatchObject({
    mark: expect.stringMatching(/^[0-9a-f]{16}\.1$/),
    heard: { "replica-2": expect.stringMatching(/\.1$/) },
  });
});

test("where another one is ready that says nothing, each step takes them", { timeout: 300_000 }, async () => {
  await createReplicaPod(cluster.api, "replica-3");
  cleanUp.push(() => deleteReplicaPod(cluster.api, "replica-3"));
  const time = await change("plain");
  console.info(`with one that says nothing it took ${Math.round(time)} ms`);
  expect([await sum("outrigger_tls_steps_late_total"), await sum("outrigger_tls_steps_unheard_total")]).toEqual([0, 4]);
  expect(time).toBeGreaterThan(2 * step);
});
