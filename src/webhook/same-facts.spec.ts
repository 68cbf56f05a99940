import { expect, test } from "vitest";
import type { PodFacts } from "../model/facts.ts";
import type { NodeFacts } from "../model/mesh-objects.ts";
import { sameFacts } from "./same-facts.ts";

const OWNER = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "1" };
const NODE: NodeFacts = {
  name: "web",
  namespace: "shop",
  awsName: "web_shop",
  listenerPorts: [],
  cloudMap: false,
};
const NODES = [NODE];
const SHARED: NodeFacts = { ...NODE, namespace: "bank" };
const DNS = { servers: ["10.0.0.10"], domain: "cluster.local" };

/** As two look-ups give them out of caches that did not change: some objects are new each time. */
function facts(changes: Partial<PodFacts> = {}): PodFacts {
  return {
    namespace: { name: "shop", labels: { mesh: "shop" }, annotations: { note: "a" } },
    owner: { kind: "known", owner: { ...OWNER } },
    virtualNodes: NODES,
    virtualGateways: [],
    sharedNodes: [{ kind: "virtualNode", object: { ...SHARED } }],
    meshes: [],
    limitRanges: [],
    quotas: [],
    trust: { kind: "known", pem: "PEM" },
    clusterDns: DNS,
    ...changes,
  };
}

test("two look-ups without a change between them are the same", () => {
  expect(sameFacts(facts(), facts())).toBe(true);
});

test.each<[string, Partial<PodFacts>]>([
  ["another namespace", { namespace: { ...facts().namespace, name: "other" } }],
  ["another label", { namespace: { ...facts().namespace, labels: { mesh: "other" } } }],
  ["one more label", { namespace: { ...facts().namespace, labels: { mesh: "shop", team: "a" } } }],
  ["a label that went", { namespace: { ...facts().namespace, labels: {} } }],
  ["a label with another key", { namespace: { ...facts().namespace, labels: { mash: "shop" } } }],
  ["another annotation", { namespace: { ...facts().namespace, annotations: { note: "b" } } }],
  ["another owner", { owner: { kind: "known", owner: { ...OWNER, name: "api" } } }],
  ["no owner", { owner: { kind: "none" } }],
  ["an owner that could not be read", { owner: { kind: "lookup-failed", direct: OWNER, reason: "away" } }],
  ["another list of virtual nodes, equal to the first", { virtualNodes: [NODE] }],
  ["a virtual gateway", { virtualGateways: [NODE] }],
  ["no shared node", { sharedNodes: [] }],
  ["a shared node of another mesh", { sharedNodes: [{ kind: "virtualNode", object: { ...SHARED, meshRef: "bank" } }] }],
  ["a shared node that changed", { sharedNodes: [{ kind: "virtualNode", object: { ...SHARED, listenerPorts: [1] } }] }],
  ["a shared gateway of that name", { sharedNodes: [{ kind: "virtualGateway", object: SHARED }] }],
  ["a mesh", { meshes: [{ name: "shop", awsName: "shop", namespaceSelector: undefined }] as never }],
  ["a limit range", { limitRanges: [{ name: "limits", limits: [] }] }],
  ["a quota", { quotas: [{ name: "quota", hard: {} }] }],
  ["another trust", { trust: { kind: "known", pem: "OTHER" } }],
  ["a trust that went", { trust: { kind: "missing", lookedFor: "PEM" } }],
  ["another DNS", { clusterDns: { ...DNS } }],
])("%s is a change, whichever comes first", (_what, changes) => {
  expect([sameFacts(facts(), facts(changes)), sameFacts(facts(changes), facts())]).toEqual([false, false]);
});

test.each<[string, Partial<PodFacts>, Partial<PodFacts>]>([
  [
    "why an owner could not be read",
    { owner: { kind: "lookup-failed", direct: OWNER, reason: "away" } },
    { owner: { kind: "lookup-failed", direct: OWNER, reason: "gone" } },
  ],
  [
    "which owner could not be read",
    { owner: { kind: "lookup-failed", direct: OWNER, reason: "away" } },
    { owner: { kind: "lookup-failed", direct: { ...OWNER, name: "api" }, reason: "away" } },
  ],
])("%s is a change", (_what, one, other) => {
  expect(sameFacts(facts(one), facts(other))).toBe(false);
});
