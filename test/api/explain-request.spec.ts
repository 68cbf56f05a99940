import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExplanationReport } from "../../src/answers/explain-request/explanation-report.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { placed } from "../mesh-objects.ts";
import { outrigger } from "./command-line.ts";
import { installCrds } from "./custom-resources.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";

/* What outrigger explain request says of a real cluster: who a pod is, what of its traffic goes through the mesh, and who is there. */

let cluster: OwnCluster;
let folder: string;
const API = "/apis/appmesh.k8s.aws/v1beta2";
const BACK = "http://back.shop.svc.cluster.local:8080/api";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-explain-"));
  cluster = await startOwnCluster();
  await installCrds(cluster.api, customResourceDefinitions());
  const labels = { mesh: "main" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels } };
  await cluster.api.apply("/api/v1/namespaces/shop", namespace);
  await apply(
    "meshes",
    "Mesh",
    "main",
    { namespaceSelector: { matchLabels: labels } },
    { "outrigger.dev/mesh": "serve" },
  );
  const backends = [{ virtualService: { virtualServiceRef: { name: "back" } } }];
  await apply("virtualnodes", "VirtualNode", "shop/front", {
    podSelector: { matchLabels: { app: "front" } },
    backends,
  });
  await apply("virtualnodes", "VirtualNode", "shop/back", {
    podSelector: { matchLabels: { app: "back" } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: "back.shop.svc.cluster.local" } },
  });
  await apply("virtualservices", "VirtualService", "shop/back", {
    awsName: "back.shop.svc.cluster.local",
    provider: { virtualNode: { virtualNodeRef: { name: "back" } } },
  });
  await injectedPod("front", { "appmesh.k8s.aws/egressIgnoredPorts": "9999" });
  await injectedPod("back", {});
  await cluster.api.create("/api/v1/namespaces/shop/pods", pod("plain", {}));
}, 300_000);

afterAll(async () => {
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function apply(plural: string, kind: string, place: string, spec: JsonObject, annotations: JsonObject = {}) {
  const { name, namespace } = placed(place);
  const path = `${API}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${plural}/${name}`;
  const metadata = { name, ...(namespace !== undefined && { namespace }), annotations };
  await cluster.api.apply(path, { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata, spec });
}

function pod(name: string, annotations: JsonObject): JsonObject {
  const metadata = { name, namespace: "shop", labels: { app: name }, annotations };
  const containers = [{ name: "app", image: "app" }];
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { serviceAccountName: "default", containers } };
}

/** As `outrigger inject` makes it. */
async function injectedPod(name: string, annotations: JsonObject): Promise<void> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(pod(name, annotations)));
  const { stdout } = await outrigger(["inject", "-f", file, "--mesh-name", "main", "--output", "json"]);
  await cluster.api.create("/api/v1/namespaces/shop/pods", JSON.parse(stdout) as JsonObject);
}

const explain = (...words: readonly string[]) =>
  outrigger(["explain", "request", ...words, "-n", "shop", "--kubeconfig", cluster.kubeconfig]);

async function reported(...words: readonly string[]): Promise<ExplanationReport> {
  return JSON.parse((await explain(...words, "--output", "json")).stdout) as ExplanationReport;
}

test("a pod is its node, and the pods of the called node are counted", async () => {
  const { caller, service, targets, outcome, answered } = await reported(BACK, "--from", "pod/front");
  expect(caller).toMatchObject({ workload: "pod/front", name: "front_shop", mesh: "main", mode: "serve", past: null });
  expect(service).toMatchObject({ name: "back.shop.svc.cluster.local", provider: "node" });
  // nobody runs here, so that no pod gets ready
  expect(targets.map(({ name, discovery }) => [name, discovery.members])).toEqual([
    ["back_shop", { ready: 0, all: 1, named: ["back"] }],
  ]);
  expect({ outcome, answered }).toMatchObject({ outcome: { kind: "status", status: 503 }, answered: false });
});

test("with a pod that is ready it is answered", async () => {
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  await cluster.api.patch("/api/v1/namespaces/shop/pods/back/status", { status });
  const { code, stdout } = await explain(BACK, "--from", "pod/front");
  expect(stdout).toContain("1 of 1 ready: back");
  expect(stdout).toContain("=> answered by virtual node back_shop\n");
  expect(stdout).toContain("the cluster has no Service back.shop.svc.cluster.local");
  expect(code).toBe(0);
});

test("what leaves past the sidecar, and a pod without one, are said", async () => {
  const ignored = await reported("http://example.com:9999/", "--from", "pod/front");
  expect(ignored.outcome).toMatchObject({ kind: "passes", why: expect.stringContaining("egressIgnoredPorts") });
  const plain = await reported(BACK, "--from", "pod/plain");
  expect(plain.outcome).toMatchObject({ kind: "passes", why: expect.stringContaining("it has no sidecar") });
});

test("where the mesh observes, what would become of it is said too", async () => {
  const annotations = { "outrigger.dev/mesh": "observe" };
  await apply("meshes", "Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } }, annotations);
  const { caller, outcome, served } = await reported("http://nobody.shop:8080/", "--from", "virtualnode/front");
  expect(caller.mode).toBe("observe");
  expect(outcome.kind).toBe("passes");
  expect(served).toMatchObject({ kind: "status", status: 404 });
});

test("a caller that is not there is refused with those that are", async () => {
  const { code, stderr } = await explain(BACK, "--from", "pod/frnt");
  expect(code).toBe(2);
  expect(stderr).toContain("did you mean pod/front?");
});
