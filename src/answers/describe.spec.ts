import { expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putNamespace,
} from "../../test/mesh-objects.ts";
import { MeshGraph } from "../graph/graph.ts";
import { NO_SETTINGS } from "../graph/graph-settings.ts";
import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";
import { NOBODY_BEHIND, type NodeProxies, type ReplicaReport } from "../model/replica-report.ts";
import { type DescribedProxies, type Description, describeObject } from "./describe.ts";

const graphOf = (...objects: readonly MeshObject[]): MeshGraph => {
  const graph = new MeshGraph({ ...NO_SETTINGS, mesh: "serve" });
  graph.take([putNamespace(aNamespace("shop")), ...[aMeshObject("main"), ...objects].map((object) => put(object))]);
  return graph;
};
const node = (name: string): ObjectRef<"VirtualNode"> => ({ kind: "VirtualNode", namespace: "shop", name });
const arn = (kind: string, name: string) => `arn:aws:appmesh:us-west-2:000000000000:mesh/main/${kind}/${name}`;

function described(graph: MeshGraph, ref: ObjectRef, reports?: readonly ReplicaReport[]): Description {
  const description = describeObject(graph, ref, { reports, pods: undefined, problems: [] });
  if (description === undefined) throw new Error("it is not there");
  return description;
}

test("references by ARN are found, and one to nobody is shown as it is written", () => {
  const byArn = { provider: { virtualNode: { virtualNodeARN: arn("virtualNode", "web_shop") } } };
  const graph = graphOf(
    aVirtualNode("shop/web", [80]),
    meshObject("VirtualService", "shop/web", byArn),
    meshObject("VirtualService", "shop/gone", {
      provider: { virtualRouter: { virtualRouterARN: arn("virtualRouter", "gone_shop") } },
    }),
  );
  const service = (name: string): ObjectRef => ({ kind: "VirtualService", namespace: "shop", name });
  expect(described(graph, service("web")).uses).toMatchObject([{ object: node("web"), written: "" }]);
  expect(described(graph, node("web")).usedBy).toMatchObject([{ relation: "provider", object: service("web") }]);
  expect(described(graph, service("gone")).uses).toMatchObject([
    { object: null, written: arn("virtualRouter", "gone_shop") },
  ]);
});

test("an object in no mesh has no neighbours, and says that it is in none", () => {
  const graph = new MeshGraph(NO_SETTINGS);
  graph.take([putNamespace(aNamespace("shop")), put(aVirtualNode("shop/web", [80], backends("db")))]);
  const { mesh, uses, mode } = described(graph, node("web"));
  expect({ mesh, uses, mode }).toEqual({ mesh: null, uses: [], mode: "observe" });
});

test("an object that is not there has no description", () => {
  const nothing = describeObject(graphOf(), node("web"), { reports: [], pods: [], problems: [] });
  expect(nothing).toBeUndefined();
});

const report = (isWhole: boolean, ...nodes: readonly NodeProxies[]): ReplicaReport => ({
  nodes,
  rejections: [],
  behind: NOBODY_BEHIND,
  isWhole,
});
const proxies = (name: string, connected: number, current: number, rejecting: number): NodeProxies => ({
  node: node(name),
  proxies: connected,
  current,
  rejecting,
});

test.each<[string, readonly ReplicaReport[] | undefined, DescribedProxies | null]>([
  ["nobody reports", undefined, null],
  ["no replica has one", [], { connected: 0, current: 0, rejecting: 0, isWhole: true }],
  [
    "two replicas have some",
    [report(true, proxies("web", 2, 1, 0)), report(true, proxies("web", 3, 2, 1))],
    { connected: 5, current: 3, rejecting: 1, isWhole: true },
  ],
  [
    "callers of the node have something of it too, and others have not",
    [report(true, proxies("web", 1, 1, 0), proxies("front", 4, 3, 0), proxies("other", 9, 9, 0))],
    { connected: 5, current: 4, rejecting: 0, isWhole: true },
  ],
  [
    "a report has no room for all",
    [report(false, proxies("web", 1, 0, 1))],
    { connected: 1, current: 0, rejecting: 1, isWhole: false },
  ],
])("proxies of an object are those that have something of it: %s", (_, reports, expected) => {
  const graph = graphOf(
    aVirtualNode("shop/web", [80]),
    aVirtualNode("shop/front", [80], backends("web")),
    aVirtualNode("shop/other", [80]),
    meshObject("VirtualService", "shop/web", { provider: { virtualNode: { virtualNodeRef: { name: "web" } } } }),
  );
  expect(described(graph, node("web"), reports).proxies).toEqual(expected);
});
