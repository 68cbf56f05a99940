import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  gone,
  goneNamespace,
  put,
  putNamespace,
} from "../../../test/mesh-objects.ts";
import { podSummary } from "../../cluster/pods-resource.ts";
import type { Instance } from "../../graph/cloud-map.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { CloudMapQuery } from "../../model/cloud-map.ts";
import type { JsonObject } from "../../model/json.ts";
import { CLOUD_MAP_GATE } from "../../model/names.ts";
import { KnownInstances } from "./known-instances.ts";

const SERVICE = { mesh: "main", namespaceName: "pvt.local", serviceName: "color" };

let graph: MeshGraph;
let known: KnownInstances;
let told: string[];
let isUsed: boolean;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.take([putNamespace(aNamespace("shop")), putNamespace(aNamespace("bank")), put(aMeshObject("main"))]);
  [told, isUsed] = [[], true];
  known = new KnownInstances(graph, (name) => {
    told.push(name);
    return isUsed;
  });
});

/** A node that registers the pods with the label `app: NAME` of its namespace. */
function node(place: string, attributes: Readonly<Record<string, string>> = {}, more: JsonObject = {}): void {
  const [, name = ""] = place.split("/");
  const { mesh: _, ...service } = SERVICE;
  const listed = Object.entries(attributes).map(([key, value]) => ({ key, value }));
  const serviceDiscovery = { awsCloudMap: { ...service, attributes: listed } };
  graph.take([
    put(aVirtualNode(place, [8080], { podSelector: { matchLabels: { app: name } }, serviceDiscovery, ...more })),
  ]);
}

interface Given {
  readonly labels?: JsonObject;
  readonly ips?: readonly string[];
  readonly ready?: boolean;
  readonly ends?: boolean;
  readonly lost?: boolean;
}

function pod(
  place: string,
  { labels = {}, ips = ["10.1.0.1"], ready = true, ends = false, lost = false }: Given = {},
): void {
  const [namespace = "", name = ""] = place.split("/");
  const deletion = ends ? { deletionTimestamp: "2026-11-29T10:00:00Z" } : {};
  const summary = podSummary({
    metadata: { namespace, name, labels: { app: name.split("-")[0] ?? "", ...labels }, ...deletion },
    spec: { readinessGates: lost ? [] : [{ conditionType: CLOUD_MAP_GATE }] },
    status: {
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [
        { type: "ContainersReady", status: ready ? "True" : "False" },
        { type: "Ready", status: "False" },
      ],
    },
  });
  known.podChanged(namespace, name, summary);
}

const instancesOf = (query: CloudMapQuery): readonly Instance[] => known.instances("any", query);

function addresses(attributes: Readonly<Record<string, string>> = {}, service = SERVICE): readonly string[] {
  const sorted = Object.entries(attributes).map(([key, value]) => ({ key, value }));
  return instancesOf({ ...service, attributes: sorted }).flatMap((instance) => instance.addresses);
}

describe("the instances of a service", () => {
  test("are the pods of all nodes that name it, in whatever order those came", () => {
    pod("shop/blue-1");
    node("shop/blue");
    node("bank/red");
    pod("bank/red-1", { ips: ["10.1.0.2"] });
    pod("bank/blue-2", { ips: ["10.1.0.3"] });
    expect(addresses()).toEqual(["10.1.0.1", "10.1.0.2"]);
    expect(addresses({}, { ...SERVICE, serviceName: "colour" })).toEqual([]);
    expect(addresses({}, { ...SERVICE, mesh: "other" })).toEqual([]);
  });

  test("have the attributes of the node that registered them, their labels, and those that App Mesh gave them", () => {
    node("shop/blue", { hue: "dark", app: "paint" });
    pod("shop/blue-1", { labels: { stage: "canary" }, ips: ["10.1.0.1", "fd00::1"] });
    const has: readonly Readonly<Record<string, string>>[] = [
      { hue: "dark", stage: "canary" },
      { AWS_INSTANCE_IPV4: "10.1.0.1", AWS_INSTANCE_IPV6: "fd00::1", AWS_INSTANCE_PORT: "8080" },
      { "k8s.io/pod": "blue-1", "k8s.io/namespace": "shop" },
      { "appmesh.k8s.aws/mesh": "main", "appmesh.k8s.aws/virtualNode": "blue_shop" },
      // where both are given the node's counts, or it would not find its own pods
      { app: "paint" },
    ];
    for (const attributes of has) expect(addresses(attributes)).toEqual(["10.1.0.1", "fd00::1"]);
    const hasNot: readonly Readonly<Record<string, unknown>>[] = [
      { hue: "light" },
      { hue: "dark", stage: "live" },
      { app: "blue" },
      { toString: "" },
    ];
    for (const attributes of hasNot) expect(addresses(attributes as Record<string, string>)).toEqual([]);
  });

  test("are one, whoever registered it: with the attributes of each node", () => {
    node("shop/blue", { version: "one" });
    node("shop/all", { version: "two" }, { podSelector: {} });
    pod("shop/blue-1");
    expect(addresses()).toEqual(["10.1.0.1"]);
    expect([addresses({ version: "one" }), addresses({ version: "two" })]).toEqual([["10.1.0.1"], ["10.1.0.1"]]);
  });

  test("are ready by their containers, whatever the readiness gate says that waits for them", () => {
    node("shop/blue");
    pod("shop/blue-1", { ready: false });
    pod("shop/blue-2", { ips: [] });
    expect(addresses()).toEqual([]);
    pod("shop/blue-1");
    expect(instancesOf({ ...SERVICE, attributes: [] })).toEqual([{ addresses: ["10.1.0.1"], health: "healthy" }]);
    pod("shop/blue-1", { ends: true });
    expect(instancesOf({ ...SERVICE, attributes: [] })).toEqual([{ addresses: ["10.1.0.1"], health: "leaving" }]);
    // its address may be another pod's before it is gone
    pod("shop/blue-3");
    expect(instancesOf({ ...SERVICE, attributes: [] })).toEqual([{ addresses: ["10.1.0.1"], health: "healthy" }]);
  });

  test("of a cluster node that does not answer are called where there are no others", () => {
    node("shop/blue");
    pod("shop/blue-1", { lost: true });
    expect(instancesOf({ ...SERVICE, attributes: [] })).toEqual([{ addresses: ["10.1.0.1"], health: "leaving" }]);
  });

  test.each<[string, () => void]>([
    ["pod goes", () => known.podChanged("shop", "blue-1", undefined)],
    ["pod has other labels", () => pod("shop/blue-1", { labels: { app: "green" } })],
    ["node goes", () => graph.take([gone({ kind: "VirtualNode", namespace: "shop", name: "blue" })])],
    ["node selects other pods", () => node("shop/blue", {}, { podSelector: { matchLabels: { app: "green" } } })],
    ["node selects nobody", () => node("shop/blue", {}, { podSelector: { matchLabels: { app: "-" } } })],
    ["node is found by DNS", () => graph.take([put(aVirtualNode("shop/blue", [8080]))])],
    ["namespace goes", () => graph.take([goneNamespace("shop")])],
    ["namespace is of no mesh", () => graph.take([putNamespace(aNamespace("shop", {}))])],
  ])("go when their %s", (_, change) => {
    node("shop/blue");
    pod("shop/blue-1");
    expect(addresses()).toEqual(["10.1.0.1"]);
    change();
    expect(addresses()).toEqual([]);
  });

  test("of a node whose name is another's are none", () => {
    node("shop/blue", {}, { awsName: "paint" });
    node("bank/red", {}, { awsName: "paint" });
    pod("shop/blue-1");
    pod("bank/red-1", { ips: ["10.1.0.2"] });
    expect(addresses()).toHaveLength(1);
  });
});

describe("endpoints", () => {
  beforeEach(() => {
    node("shop/blue");
    pod("shop/blue-1");
    known.instances("color", { ...SERVICE, attributes: [] });
    told = [];
  });

  test("are told when an instance comes, changes and goes, and not for pods of others or for nothing", () => {
    pod("shop/blue-1");
    pod("shop/green-1");
    pod("bank/blue-1");
    expect(told).toEqual([]);
    pod("shop/blue-2", { ips: ["10.1.0.2"], ready: false });
    pod("shop/blue-2", { ips: ["10.1.0.2"] });
    known.podChanged("shop", "blue-2", undefined);
    expect(told).toEqual(["color", "color", "color"]);
  });

  test("are told when a node registers, once", () => {
    node("bank/red", { hue: "dark" });
    while (known.renewNext());
    expect(told).toEqual(["color"]);
    // nothing of what it registers
    node("bank/red", { hue: "dark" }, { logging: { accessLog: { file: { path: "/dev/stdout" } } } });
    while (known.renewNext());
    expect(told).toEqual(["color"]);
  });

  test("that nobody has any more are no longer told, until somebody has them again", () => {
    isUsed = false;
    known.podChanged("shop", "blue-1", undefined);
    pod("shop/blue-1");
    expect(told).toEqual(["color"]);
    expect(known.namesWith("shop", "blue-1")).toEqual([]);
    known.instances("color", { ...SERVICE, attributes: [] });
    known.podChanged("shop", "blue-1", undefined);
    expect(told).toEqual(["color", "color"]);
  });

  test("are told although a node registered in another way just before they were read", () => {
    // nobody has them yet while the node's change is told
    isUsed = false;
    node("bank/red");
    known.instances("colour", { ...SERVICE, attributes: [] });
    isUsed = true;
    told = [];
    pod("bank/red-1", { ips: ["10.1.0.2"] });
    expect(told).toEqual(["colour"]);
  });

  test("are found by the pods that are among them", () => {
    expect(known.namesWith("shop", "blue-1")).toEqual(["color"]);
    expect(known.namesWith("shop", "green-1")).toEqual([]);
  });
});
