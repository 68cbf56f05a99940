import { afterAll, beforeAll, expect, test } from "vitest";
import type { ProblemsReport } from "../../src/answers/problems-report.ts";
import { customResourceDefinitions } from "../../src/install/objects/custom-resource-definitions.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { placed } from "../mesh-objects.ts";
import { outrigger } from "./command-line.ts";
import { installCrds } from "./custom-resources.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";

// what outrigger problems says of a real cluster, from its first day on

let cluster: OwnCluster;
const API = "/apis/appmesh.k8s.aws/v1beta2";

beforeAll(async () => {
  cluster = await startOwnCluster();
}, 300_000);

afterAll(async () => {
  await cluster?.stop();
});

const problems = (...argv: string[]) => outrigger(["problems", "--kubeconfig", cluster.kubeconfig, ...argv]);

async function reported(...argv: string[]): Promise<ProblemsReport> {
  const { stdout } = await problems(...argv, "--output", "json");
  return JSON.parse(stdout) as ProblemsReport;
}

async function apply(plural: string, kind: string, place: string, spec: JsonObject): Promise<void> {
  const { name, namespace } = placed(place);
  const path = `${API}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${plural}/${name}`;
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  await cluster.api.apply(path, { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata, spec });
}

const node = (place: string, spec: JsonObject) => apply("virtualnodes", "VirtualNode", place, spec);
const service = { virtualService: { virtualServiceRef: { name: "colour" } } };

test("without the App Mesh kinds there are no problems, and that is said", async () => {
  const { code, stdout } = await problems();
  expect(stdout).toContain("note: the App Mesh kinds are not installed");
  expect(code).toBe(0);
});

test("what is wrong is listed, narrowed to a namespace or a mesh, and gone when it is mended", async () => {
  await installCrds(cluster.api, customResourceDefinitions());
  for (const [name, mesh] of [
    ["shop", "main"],
    ["bank", "main"],
    ["lonely", "none"],
  ] as const) {
    const metadata = { name, labels: { mesh } };
    await cluster.api.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata });
  }
  await apply("meshes", "Mesh", "main", { namespaceSelector: { matchLabels: { mesh: "main" } } });
  await node("shop/web", { podSelector: {}, backends: [service], backend: [] });
  await node("bank/web", { podSelector: {}, backends: [service] });
  await node("lonely/web", {});

  const { code, stdout } = await problems();
  expect(code).toBe(1);
  expect(stdout).toContain("VirtualNode shop/web\n  warning  unknown-field  spec.backend\n");
  expect(stdout).toMatch(/^4 App Mesh objects: 3 errors, 1 warning$/m);
  const brief = ({ problems: all }: ProblemsReport) =>
    all.map(({ code: what, object }) => `${what} ${object?.namespace}`);
  expect(brief(await reported())).toEqual([
    "missing-reference bank",
    "no-mesh lonely",
    "unknown-field shop",
    "missing-reference shop",
  ]);
  expect(brief(await reported("-n", "lonely"))).toEqual(["no-mesh lonely"]);
  expect((await problems("-n", "lonely")).stdout).toMatch(/^1 App Mesh object: 1 error$/m);
  expect((await problems("--mesh", "main")).stdout).toMatch(/^3 App Mesh objects: 2 errors, 1 warning$/m);
  expect(brief(await reported("--mesh", "main"))).toEqual([
    "missing-reference bank",
    "unknown-field shop",
    "missing-reference shop",
  ]);

  await node("shop/web", { podSelector: {} });
  await node("bank/web", { podSelector: {} });
  await cluster.api.apply("/api/v1/namespaces/lonely", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "lonely", labels: { mesh: "main" } },
  });
  const mended = await problems();
  expect(mended).toEqual({ code: 0, stdout: "4 App Mesh objects: no problems\n", stderr: "" });
});

test("names of Cloud Map are printed for CoreDNS, and said to be missing until its Corefile has them", async () => {
  const discovery = { awsCloudMap: { namespaceName: "pvt.local", serviceName: "teal" } };
  const listeners = [{ portMapping: { port: 8080, protocol: "http" } }];
  await node("bank/teal", { listeners, serviceDiscovery: discovery });
  const provider = { virtualNode: { virtualNodeRef: { name: "teal" } } };
  await apply("virtualservices", "VirtualService", "bank/teal", { awsName: "paint.pvt.local", provider });
  const missing = async (): Promise<readonly string[]> => {
    const { problems: found } = await reported("-n", "bank");
    return found.filter(({ code }) => code === "name-not-answered").map(({ message }) => message.split(" ")[0] ?? "");
  };
  const corefile = (text: string): Promise<unknown> => {
    const metadata = { name: "coredns", namespace: "kube-system" };
    const path = "/api/v1/namespaces/kube-system/configmaps/coredns";
    return cluster.api.apply(path, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { Corefile: text } });
  };
  // a cluster without CoreDNS
  expect(await missing()).toEqual([]);
  const standard = ".:53 {\n    errors\n    forward . /etc/resolv.conf\n}\n";
  await corefile(standard);
  expect(await missing()).toEqual(["paint.pvt.local"]);
  const { code, stdout, stderr } = await outrigger(["dns", "--kubeconfig", cluster.kubeconfig]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^pvt\.local:53 \{$/m);
  expect(stdout).toMatch(/^ {8}2[45]\d\.\d+\.\d+\.\d+ paint\.pvt\.local$/m);
  await corefile(standard + stdout);
  expect(await missing()).toEqual([]);
});
