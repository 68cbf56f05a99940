import { describe, expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, backends, meshObject } from "../../test/mesh-objects.ts";
import type { ViewRef } from "../graph/graph.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { JsonObject } from "../model/json.ts";
import type { ServiceChange } from "../model/mesh-change.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import type { MeshContents } from "./mesh-contents.ts";
import { writesFor } from "./mode-change.ts";
import { modeChangeEffect, type SidecarPod, servedNow } from "./serving-losses.ts";

const SETTINGS = { mesh: "observe", accountId: "", clusterDomain: "cluster.local", discovery: "dns" } as const;
const KEY = "outrigger.dev/mesh";

function service(place: string, ports: readonly number[], facts: Partial<ServiceFacts> = {}): ServiceChange {
  const [namespace = "", name = ""] = place.split("/");
  const own = { addresses: ["10.96.0.7"], endpoints: new Map(), headless: false, hasSlices: true };
  return { kind: "service", namespace, name, before: undefined, after: { ...own, ports, ...facts } };
}

const SERVICES = [
  service("default/kubernetes", [443]),
  service("shop/colour", [8080]),
  service("shop/db", [5432]),
  service("bank/ledger", [80]),
];

function pod(node: string | undefined, given: Partial<SidecarPod> = {}): SidecarPod {
  const object: ViewRef | undefined =
    node === undefined ? undefined : { kind: "VirtualNode", namespace: "shop", name: node };
  const workload = { kind: "Deployment", name: node ?? "nobody" };
  return { namespace: "shop", workload, node: object, ignoredPorts: [], ignoredIps: [], ...given };
}

function contents(objects: readonly MeshObject[], services = SERVICES, annotations: JsonObject = {}): MeshContents {
  return {
    objects: objects.map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
    namespaces: [aNamespace("shop", { mesh: "main" }, annotations), aNamespace("bank"), aNamespace("default", {})],
    services,
  };
}

const COLOUR = [
  aVirtualNode("shop/colour", [8080]),
  meshObject("VirtualService", "shop/colour", {
    awsName: "colour.shop.svc.cluster.local",
    provider: { virtualNode: { virtualNodeRef: { name: "colour" } } },
  }),
];
const FRONT = aVirtualNode("shop/front", [80], backends("colour"));

function effect(given: MeshContents, pods: readonly SidecarPod[]) {
  return modeChangeEffect(given, pods, writesFor({ kind: "all" }, "serve", given, "observe"), SETTINGS);
}

/** The Services that the pod's workload loses. */
function lost(given: MeshContents, one: SidecarPod): readonly string[] {
  const [workload] = effect(given, [one]).served;
  return workload?.change.kind === "loses" ? workload.change.lost : [`not lost: ${workload?.change.kind}`];
}

describe("a workload whose mesh is served loses", () => {
  test("all but its backends where the Mesh has no filter; its own namespace first", () => {
    const { served } = effect(contents([aMeshObject("main"), ...COLOUR, FRONT]), [pod("front"), pod("front")]);
    expect(served).toEqual([
      expect.objectContaining({
        pods: 2,
        mesh: "main",
        change: {
          kind: "loses",
          filter: "absent",
          reaches: [{ name: "colour.shop.svc.cluster.local", ports: [8080] }],
          lost: ["shop/db", "bank/ledger", "default/kubernetes"],
        },
      }),
    ]);
  });

  test("the same where the filter says it", () => {
    const given = contents([aMeshObject("main", { egressFilter: { type: "DROP_ALL" } }), ...COLOUR, FRONT]);
    expect(effect(given, [pod("front")]).served[0]?.change).toMatchObject({ kind: "loses", filter: "set" });
  });

  test("nothing where the filter is ALLOW_ALL", () => {
    const given = contents([aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }), ...COLOUR, FRONT]);
    expect(effect(given, [pod("front")]).served[0]?.change).toEqual({ kind: "keeps" });
  });

  test("everything without a backend", () => {
    expect(lost(contents([aMeshObject("main"), ...COLOUR]), pod("colour"))).toHaveLength(SERVICES.length);
  });

  test("ports of a backend's Service that the backend is not called on", () => {
    const services = [service("shop/colour", [8080, 9090, 9091])];
    expect(lost(contents([aMeshObject("main"), ...COLOUR, FRONT], services), pod("front"))).toEqual([
      "shop/colour:9090,9091",
    ]);
  });

  test("nothing of what leaves past its sidecar, by port or by address", () => {
    const given = contents(
      [aMeshObject("main"), ...COLOUR, FRONT],
      [
        service("shop/db", [5432, 9187]),
        service("shop/v6", [80], { addresses: ["fd00::7"] }),
        service("shop/far", [80]),
      ],
    );
    const ranges = { ignoredPorts: [{ first: 5000, last: 6000 }], ignoredIps: ["fd00::/8"] };
    expect(lost(given, pod("front", ranges))).toEqual(["shop/db:9187", "shop/far"]);
    expect(lost(given, pod("front", { ignoredIps: ["10.96.0.0/16"] }))).toEqual(["shop/v6"]);
  });

  test("no alias, and no Service of UDP alone, which nobody redirects", () => {
    const services = [service("shop/alias", [80], { addresses: undefined }), service("kube-system/dns", [])];
    expect(lost(contents([aMeshObject("main"), ...COLOUR, FRONT], services), pod("front"))).toEqual([]);
  });

  test("no port of a headless Service that is a backend: its endpoints are called on their own", () => {
    const services = [service("shop/colour", [80], { headless: true, addresses: [] })];
    expect(lost(contents([aMeshObject("main"), ...COLOUR, FRONT], services), pod("front"))).toEqual([]);
  });

  test("the Service of a backend that has no provider: nobody answers there", () => {
    const nobody = meshObject("VirtualService", "shop/db", { awsName: "db.shop.svc.cluster.local" });
    const given = contents([aMeshObject("main"), nobody, aVirtualNode("shop/front", [80], backends("db"))]);
    expect(lost(given, pod("front"))).toContain("shop/db");
  });
});

describe("not among them are", () => {
  const MESH = [aMeshObject("main"), ...COLOUR, FRONT];

  test("pods of no node, and of a node that is in no mesh", () => {
    const stray = meshObject("VirtualNode", "default/stray", {});
    const node = { kind: "VirtualNode", namespace: "default", name: "stray" } as const;
    const found = effect(contents([...MESH, stray]), [pod(undefined), pod("stray", { namespace: "default", node })]);
    expect(found).toMatchObject({ served: [], nobody: 2 });
  });

  test("pods that are served already", () => {
    const found = effect(contents(MESH, SERVICES, { [KEY]: "serve" }), [pod("front")]);
    expect(found).toMatchObject({ served: [], unchanged: { served: 1, observed: 0 } });
  });

  test("pods of another namespace than the one that is switched", () => {
    const given = contents(MESH);
    const writes = writesFor({ kind: "namespace", name: "bank" }, "serve", given, "observe");
    const found = modeChangeEffect(given, [pod("front")], writes, SETTINGS);
    expect(found).toMatchObject({ served: [], unchanged: { served: 0, observed: 1 } });
  });
});

test("pods that are no longer served are counted", () => {
  const given = contents([aMeshObject("main", {}, { [KEY]: "serve" }), ...COLOUR, FRONT]);
  const writes = writesFor({ kind: "mesh", name: "main" }, "observe", given, "observe");
  expect(modeChangeEffect(given, [pod("front"), pod("colour")], writes, SETTINGS)).toMatchObject({
    served: [],
    observed: { workloads: 2, pods: 2 },
  });
});

test("pods of one workload that differ in what leaves past their sidecar are told apart", () => {
  const given = contents([aMeshObject("main"), ...COLOUR, FRONT]);
  const other = pod("front", { ignoredPorts: [{ first: 5432, last: 5432 }] });
  expect(effect(given, [pod("front"), other]).served).toHaveLength(2);
});

describe("a workload that is served already", () => {
  const SERVED = { ...SETTINGS, mesh: "serve" } as const;
  const objects = [aMeshObject("main"), ...COLOUR, FRONT];

  test("is listed with what it cannot reach, once for all its pods, though nothing would change", () => {
    const given = contents(objects);
    const pods = [pod("front"), pod("colour"), pod("front"), pod(undefined)];
    expect(servedNow(given, pods, SERVED).map(({ node, pods: count, change }) => [node.name, count, change])).toEqual([
      ["colour", 1, expect.objectContaining({ kind: "loses", reaches: [] })],
      ["front", 2, expect.objectContaining({ kind: "loses", lost: ["shop/db", "bank/ledger", "default/kubernetes"] })],
    ]);
    const nothing = modeChangeEffect(given, pods, writesFor({ kind: "all" }, "serve", given, "serve"), SERVED);
    expect(nothing).toMatchObject({ served: [], unchanged: { served: 3, observed: 0 } });
  });

  test("is the same as it would be said to become before it is served", () => {
    const given = contents(objects);
    expect(servedNow(given, [pod("front")], SERVED)).toEqual(effect(given, [pod("front")]).served);
  });

  test("is none that is observed, by the setting or by its namespace's own word", () => {
    expect(servedNow(contents(objects), [pod("front")], SETTINGS)).toEqual([]);
    expect(servedNow(contents(objects, SERVICES, { [KEY]: "observe" }), [pod("front")], SERVED)).toEqual([]);
    expect(servedNow(contents(objects, SERVICES, { [KEY]: "serve" }), [pod("front")], SETTINGS)).toHaveLength(1);
  });

  test("loses nothing with ALLOW_ALL, and one that is no node is none", () => {
    const free = contents([aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }), ...COLOUR, FRONT]);
    expect(servedNow(free, [pod("front"), pod("gone")], SERVED).map(({ change }) => change)).toEqual([
      { kind: "keeps" },
    ]);
  });
});
