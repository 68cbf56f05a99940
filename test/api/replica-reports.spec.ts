import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { REPORT_RESOURCE } from "../../src/cluster/report-resource.ts";
import { REPLICA_LIMITS } from "../../src/control-plane/reports/limits.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import { installation } from "../../src/install/objects/objects.ts";
import { kubeClient } from "../../src/kube/client.ts";
import { kubeEndpoint } from "../../src/kube/endpoint.ts";
import { Informer } from "../../src/kube/informer.ts";
import { collectionPath } from "../../src/kube/object-path.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import { NOBODY_BEHIND, reportConfigMap, reportText } from "../../src/model/replica-report.ts";
import { RELEASE } from "../../src/release.ts";
import { TYPES } from "../../src/xds/types.ts";
import {
  type ReplaceableCertificate,
  replaceableCertificate,
  type TestControlPlane,
  testControlPlane,
} from "../control-plane-harness.ts";
import { type TestAuthority, testAuthority } from "../envoy/authority.ts";
import type { RunningEnvoy } from "../envoy/envoy-process.ts";
import { createMeshPod, tokenOf } from "../mesh-pods.ts";
import { xdsClient } from "../xds-client.ts";
import { text } from "./api-object.ts";
import { outrigger } from "./command-line.ts";
import { installCrds } from "./custom-resources.ts";
import { type Kubectl, kubectlOf } from "./kubectl.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { podEnvoy, specAt } from "./pod-envoy.ts";
import { createReplicaPod, deleteReplicaPod } from "./replica-pods.ts";
import { until } from "./until.ts";

/* Two replicas, a real API server, clients and a real Envoy that reject: what becomes of it in the objects. */

let cluster: OwnCluster;
let kubectl: Kubectl;
let authority: TestAuthority;
let certificate: ReplaceableCertificate;
let first: TestControlPlane;
let second: TestControlPlane | undefined;
let pods = 0;
const cleanUp: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await startOwnCluster();
  kubectl = kubectlOf(cluster);
  await installCrds(cluster.api, customResourceDefinitions());
  const options = {
    components: ["control-plane"],
    release: RELEASE,
    settings: {},
    availability: "ha",
    failurePolicy: "Ignore",
    certificates: "own",
  } as const;
  for (const object of installation(options).filter(({ kind }) =>
    ["Namespace", "ServiceAccount"].includes(text(kind)),
  )) {
    await cluster.api.apply(`${collectionPath(object)}/${stringOf(member(object.metadata, "name"))}`, object);
  }
  await kubectl("create", "namespace", "shop");
  await kubectl("label", "namespace", "shop", "mesh=main");
  await kubectl("create", "serviceaccount", "default", "-n", "shop");
  await kubectl("apply", "-f", "-", [
    object("Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } }),
    node("web"),
    node("odd"),
  ]);
  authority = await testAuthority();
  certificate = replaceableCertificate(await authority.issue({ type: "dns", value: "localhost" }));
  first = await replica("replica-1");
}, 300_000);

afterEach(async () => {
  for (const clean of cleanUp.splice(0).toReversed()) await clean();
});

afterAll(async () => {
  await first?.close();
  await second?.close();
  await cluster?.stop();
});

async function replica(name: string): Promise<TestControlPlane> {
  await createReplicaPod(cluster.api, name);
  return testControlPlane(cluster.kubeconfig, certificate, { controlPlane: { mesh: "serve" } }, name);
}

function object(kind: Kind, name: string, spec: JsonObject): JsonObject {
  const metadata = { name, ...(KIND_FACTS[kind].scope === "Namespaced" && { namespace: "shop" }) };
  return { apiVersion: APPMESH_API_VERSION, kind, metadata, spec };
}

function node(name: string, port = 8080): JsonObject {
  return object("VirtualNode", name, {
    podSelector: { matchLabels: { app: name } },
    listeners: [{ portMapping: { port, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: `${name}.shop.svc.cluster.local` } },
  });
}

/** A proxy of the node `web`, which accepts its listeners or rejects one of them with these words, until it is closed. */
async function proxy(at: TestControlPlane, problem?: string): Promise<{ close(): void }> {
  const pod = await createMeshPod(cluster.api, "shop", `web-${++pods}`, { labels: { app: "web" } });
  const client = xdsClient(at.address.port, authority.pem);
  const call = client.delta(await tokenOf(cluster.api, pod));
  const close = (): void => {
    call.cancel();
    client.close();
  };
  cleanUp.push(close);
  const claim = { id: "mesh/main/virtualNode/web_shop", metadata: { outrigger: { pod } } };
  call.send({ typeUrl: TYPES.cluster, node: claim });
  call.send({ typeUrl: TYPES.cluster, responseNonce: (await call.next()).nonce });
  call.send({ typeUrl: TYPES.listener });
  const { nonce, resources } = await call.next();
  const [rejected] = resources.map(({ name }) => name).filter((name) => name.startsWith("lds_egress"));
  const message = `Error adding/updating listener(s) ${rejected}: ${problem}\n`;
  const errorDetail = problem === undefined ? {} : { errorDetail: { code: 13, message } };
  call.send({ typeUrl: TYPES.listener, responseNonce: nonce, ...errorDetail });
  void acknowledgeAll(call);
  return { close };
}

/** Until the stream ends. */
async function acknowledgeAll(call: ReturnType<ReturnType<typeof xdsClient>["delta"]>): Promise<void> {
  for (;;) {
    const response = await call.next().catch(() => undefined);
    if (response === undefined) return;
    call.send({ typeUrl: response.typeUrl, responseNonce: response.nonce });
  }
}

async function stored(kind: Kind, name: string): Promise<JsonObject> {
  const where = KIND_FACTS[kind].scope === "Namespaced" ? "namespaces/shop/" : "";
  const path = `/apis/${APPMESH_API_VERSION}/${where}${KIND_FACTS[kind].plural}/${name}`;
  return (await cluster.api.send("GET", path)).body;
}

/** Resolves with the message of the condition `Programmed` once it is so. */
async function untilProgrammed(kind: Kind, name: string, expected: string): Promise<string> {
  let message = "";
  await until(async () => {
    const { status } = await stored(kind, name);
    const [programmed] = objectsOf(member(status, "conditions")).filter(({ type }) => type === "Programmed");
    message = text(programmed?.message);
    const said = `${text(programmed?.status)} ${text(programmed?.reason)}`;
    return said === expected ? undefined : `Programmed is ${said}: ${message}`;
  });
  return message;
}

/** What `outrigger problems` says of rejections, once it does so. */
async function untilProblems(...expected: readonly string[]): Promise<void> {
  await until(async () => {
    const { stdout } = await outrigger(["problems", "--kubeconfig", cluster.kubeconfig, "--output", "json"]);
    const { problems } = JSON.parse(stdout) as { problems: readonly JsonObject[] };
    const said = problems
      .filter(({ code }) => code === "rejected")
      .map(({ object: of, message }) => `${text(member(of, "kind"))}/${text(member(of, "name"))}: ${text(message)}`);
    return JSON.stringify(said) === JSON.stringify(expected) ? undefined : said.join("\n");
  });
}

const WORDS = 'Didn\'t find "a\u001b[31m\nb"';
const SHOWN = `reject the listener lds_egress_0.0.0.0_15001, which comes from it: Error adding/updating listener(s) lds_egress_0.0.0.0_15001: Didn't find "a [31m b"`;

test("what a proxy rejects is a condition, an event and a problem of the objects that it comes from, until it is accepted", async () => {
  const rejecting = await proxy(first, WORDS);
  const message = await untilProgrammed("VirtualNode", "web", "False Rejected");
  expect(message).toBe(
    `all proxies ${SHOWN}; correct what Envoy names; until then they keep what they accepted before, and new ones have nothing of it`,
  );
  await untilProgrammed("Mesh", "main", "False Rejected");
  const { status } = await stored("VirtualNode", "web");
  expect(objectsOf(member(status, "conditions"))[0]).toMatchObject({ type: "VirtualNodeActive", status: "False" });
  await until(async () => {
    const { stdout } = await kubectl("describe", "virtualnode", "web", "-n", "shop");
    return /Warning +Rejected .*outrigger.dev\/control-plane +all proxies reject the listener lds_egress/.test(stdout)
      ? undefined
      : stdout;
  });
  const one = SHOWN.replace("reject ", "rejects ");
  await untilProblems(`Mesh/main: 1 of 1 proxy ${one}`, `VirtualNode/web: 1 of 1 proxy ${one}`);

  await proxy(first);
  expect(await untilProgrammed("VirtualNode", "web", "True PartlyRejected")).toMatch(
    /^some proxies reject the listener/,
  );
  await untilProblems(`Mesh/main: 1 of 2 proxies ${SHOWN}`, `VirtualNode/web: 1 of 2 proxies ${SHOWN}`);
  rejecting.close();
  await untilProgrammed("VirtualNode", "web", "True Programmed");
  await untilProgrammed("Mesh", "main", "True Programmed");
});

/** A real Envoy as the sidecar of a pod of the node `odd`. */
async function realProxy(name: string, more: readonly string[] = []): Promise<RunningEnvoy> {
  const spec = specAt(first.address.port, { name: "odd_shop" });
  const place = { api: cluster.api, namespace: "shop", name, labels: { app: "odd" } };
  const started = await podEnvoy({ ...place, spec, trust: authority.pem, more });
  cleanUp.push(started.stop);
  return started.envoy;
}

test("a real Envoy that cannot have what it gets says so in the object of its pod", async () => {
  await realProxy("odd-1", ["--disable-extensions", "envoy.filters.listener/envoy.filters.listener.original_dst"]);
  const message = await untilProgrammed("VirtualNode", "odd", "False Rejected");
  expect(message).toContain("all proxies reject the listener lds_");
  expect(message).toContain("original_dst");
});

/** What `outrigger check` says of proxies, once it is this. */
async function untilChecked(status: string, ...expected: readonly RegExp[]): Promise<void> {
  await until(async () => {
    const { stdout } = await outrigger(["check", "--kubeconfig", cluster.kubeconfig, "--output", "json"]);
    const { checks } = JSON.parse(stdout) as { checks: readonly JsonObject[] };
    const found = checks.find(({ id }) => id === "proxies");
    const said = [text(found?.found), ...objectsOf(found?.problems).map(({ saw }) => text(saw))];
    const isSaid = found?.status === status && said.length === expected.length;
    return isSaid && expected.every((one, index) => one.test(said[index] ?? "")) ? undefined : said.join("\n");
  }, 60_000);
}

test("check names a real Envoy that hangs and has not acknowledged a change, not one that rejects, until it goes on", {
  timeout: 300_000,
}, async () => {
  const envoy = await realProxy("odd-2");
  await untilChecked("ok", /^1 of served nodes, 1 with the newest version$/);
  const rejecting = await proxy(first, WORDS);
  await untilChecked("ok", /^2 of served nodes, 1 with the newest version; 1 that rejects something of it$/);
  envoy.signal("SIGSTOP");
  cleanUp.push(() => envoy.signal("SIGCONT"));
  await kubectl("apply", "-f", "-", [node("odd", 8081)]);
  const late =
    /^1 proxy behind the newest version of its configuration: shop\/odd-2 \((cluster|listener), for \d+ s\)$/;
  await untilChecked("warning", /^2 of served nodes, 0 with the newest version; 1 that rejects/, late);
  const [behind] = (await first.streams()).filter(({ behind }) => behind !== undefined);
  expect(behind).toMatchObject({ pod: { name: "odd-2" }, behind: { since: expect.stringMatching(/Z$/) } });
  envoy.signal("SIGCONT");
  await untilChecked("ok", /^2 of served nodes, 1 with the newest version; 1 that rejects something of it$/);
  // what nobody speaks of any more counts on for a while, unless somebody accepts it
  rejecting.close();
  await proxy(first);
  await untilProgrammed("VirtualNode", "web", "True Programmed");
});

test("a burst of proxies that come, reject and go is few writes of the report, and none of a status", async () => {
  await untilProgrammed("VirtualNode", "web", "True Programmed");
  const informer = new Informer(kubeClient(await kubeEndpoint(cluster.kubeconfig, {})), REPORT_RESOURCE);
  const watching = new AbortController();
  cleanUp.push(() => watching.abort());
  void informer.start(watching.signal);
  await informer.synced;
  await proxy(first);
  await proxy(first, WORDS);
  await untilProgrammed("VirtualNode", "web", "True PartlyRejected");
  const { resourceVersion } = (await stored("VirtualNode", "web")).metadata as JsonObject;
  let writes = 0;
  informer.onChange(() => writes++, watching.signal);
  const begun = performance.now();
  for (let round = 0; round < 20; round++) {
    const [coming, going] = [await proxy(first), await proxy(first, WORDS)];
    if (round % 2 === 0) going.close();
    if (round % 3 === 0) coming.close();
  }
  await untilProblems(`Mesh/main: 11 of 25 proxies ${SHOWN}`, `VirtualNode/web: 11 of 25 proxies ${SHOWN}`);
  const elapsed = performance.now() - begun;
  expect(writes).toBeGreaterThan(0);
  // one at each end: of the first it may be told only now
  expect(writes).toBeLessThanOrEqual(elapsed / REPLICA_LIMITS.interval + 2);
  expect((await stored("VirtualNode", "web")).metadata).toMatchObject({ resourceVersion });
});

test("what two replicas say is merged, and one that is gone, or not ready, has said nothing", async () => {
  second = await replica("replica-2");
  await proxy(first, WORDS);
  await untilProgrammed("VirtualNode", "web", "False Rejected");
  await proxy(second);
  await proxy(second);
  await untilProgrammed("VirtualNode", "web", "True PartlyRejected");
  await untilProblems(`Mesh/main: 1 of 3 proxies ${SHOWN}`, `VirtualNode/web: 1 of 3 proxies ${SHOWN}`);
  // there is no garbage collection here: its ConfigMap stays
  await deleteReplicaPod(cluster.api, "replica-2");
  await second.close();
  second = undefined;
  await untilProgrammed("VirtualNode", "web", "False Rejected");
  const { status } = await cluster.api.send(
    "GET",
    "/api/v1/namespaces/appmesh-system/configmaps/outrigger-report-replica-2",
  );
  expect(status).toBe(200);
  const one = SHOWN.replace("reject ", "rejects ");
  await untilProblems(`Mesh/main: 1 of 1 proxy ${one}`, `VirtualNode/web: 1 of 1 proxy ${one}`);
});

test("answers go by the domain of the cluster that replicas say", async () => {
  // what a replica in a pod of another cluster would say; the first counts
  const uid = await createReplicaPod(cluster.api, "a-replica");
  cleanUp.push(() => deleteReplicaPod(cluster.api, "a-replica"));
  const says = { nodes: [], rejections: [], behind: NOBODY_BEHIND, isWhole: true, clusterDomain: "k8s.example" };
  const configMap = reportConfigMap({ name: "a-replica", uid }, reportText(says));
  await cluster.api.create("/api/v1/namespaces/appmesh-system/configmaps", configMap);
  const discovery = (name: string, namespaceName: string): JsonObject =>
    object("VirtualNode", name, {
      listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
      serviceDiscovery: { awsCloudMap: { namespaceName, serviceName: name } },
    });
  await kubectl("apply", "-f", "-", [discovery("below", "svc.k8s.example"), discovery("beside", "svc.cluster.local")]);
  cleanUp.push(() => kubectl("delete", "virtualnode", "below", "beside", "-n", "shop"));
  await until(async () => {
    const { stdout, stderr } = await outrigger(["dns", "--kubeconfig", cluster.kubeconfig]);
    const isSaid = stderr.includes(
      '"svc.k8s.example", the Cloud Map namespace of VirtualNode shop/below, is left out: names below the cluster\'s domain',
    );
    return isSaid && stdout.includes("beside.svc.cluster.local") ? undefined : stdout + stderr;
  });
});

test("outrigger problems says that it may not read the reports, and the rest", async () => {
  const verbs = "--verb=list";
  const resources = "meshes,virtualnodes,virtualrouters,virtualservices,virtualgateways,gatewayroutes,backendgroups"
    .split(",")
    .map((plural) => `${plural}.appmesh.k8s.aws`);
  const all = ["namespaces", "services", "endpointslices.discovery.k8s.io", ...resources].join(",");
  await kubectl("create", "clusterrole", "reads-meshes", verbs, `--resource=${all}`);
  await kubectl("create", "serviceaccount", "reader", "-n", "shop");
  await kubectl(
    "create",
    "clusterrolebinding",
    "reads-meshes",
    "--clusterrole=reads-meshes",
    "--serviceaccount=shop:reader",
  );
  const { stdout: token } = await kubectl("create", "token", "reader", "-n", "shop");
  const folder = await mkdtemp(join(tmpdir(), "outrigger-reader-"));
  cleanUp.push(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(await cluster.kubeconfigOf({ token: token.trim() })));
  const notes = [
    "note: what proxies reject is not known: you are not allowed to list configmaps in namespace appmesh-system",
    "note: the cluster's domain is not known, and cluster.local is assumed",
  ];
  await until(async () => {
    const { stdout, stderr } = await outrigger(["problems", "--kubeconfig", kubeconfig]);
    return notes.every((note) => stdout.includes(note)) ? undefined : stdout + stderr;
  });
});
