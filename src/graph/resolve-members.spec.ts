import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  goneService,
  meshObject,
  put,
  putFacts,
  putNamespace,
} from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import { MeshGraph } from "./graph.ts";

const WEB = { kind: "VirtualNode", namespace: "shop", name: "web" } as const;
const DB = { kind: "VirtualNode", namespace: "shop", name: "db" } as const;

let graph: MeshGraph;

beforeEach(() => begin("dns"));

/** A node that calls another one, with this setting. */
function begin(discovery: "dns" | "endpoints"): void {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery });
  graph.apply([
    put(aMeshObject("main")),
    putNamespace(aNamespace("shop")),
    put(meshObject("VirtualService", "shop/db", { provider: { virtualNode: { virtualNodeRef: { name: "db" } } } })),
    put(aVirtualNode("shop/web", [80], backends("db"))),
  ]);
}

/** The called node, with what its annotation says. */
function db(annotation: string | undefined, hostname = "db.shop.svc.cluster.local", ports = [80]): MeshChange {
  const annotations = annotation === undefined ? {} : { "outrigger.dev/discovery": annotation };
  return put(aVirtualNode("shop/db", ports, { serviceDiscovery: { dns: { hostname } } }, { annotations }));
}

/** Where the members of each listener are asked for, as the caller sees it; `dns`: its name is looked up. */
function members(): JsonObject {
  const [target] = graph.view(WEB)?.targets ?? [];
  const of = target?.listeners.map(({ port, members: found }) => {
    return [port, found === undefined ? "dns" : `${found.namespace}/${found.service}:${found.port}`];
  });
  return Object.fromEntries(of ?? []);
}

const problems = (): readonly string[] => graph.problems(DB).map(({ code, path }) => `${code} at ${path}`);
const HOSTNAME = "stays-dns at spec.serviceDiscovery.dns.hostname";

describe("the members of a node", () => {
  test.each<[annotation: string | undefined, setting: "dns" | "endpoints", found: string]>([
    [undefined, "dns", "dns"],
    ["dns", "dns", "dns"],
    ["endpoints", "dns", "shop/db:80"],
    [undefined, "endpoints", "shop/db:80"],
    ["dns", "endpoints", "dns"],
    ["endpoints", "endpoints", "shop/db:80"],
  ])("with the annotation %s and the setting %s: %s", (annotation, setting, found) => {
    begin(setting);
    graph.apply([putFacts("shop/db", {}), db(annotation)]);
    expect(members()).toEqual({ 80: found });
    expect(graph.view(WEB)?.mode).toBe("serve");
    expect(problems()).toEqual([]);
  });

  test.each([
    ["db", "shop/db"],
    ["db.bank", "bank/db"],
    ["DB.bank.svc.", "bank/db"],
  ])("are those of the Service that its host name means in its own namespace: %s", (hostname, place) => {
    graph.apply([putFacts(place, {}), db("endpoints", hostname)]);
    expect(members()).toEqual({ 80: `${place}:80` });
  });

  test.each<[string, string, MeshChange]>([
    ["names no Service's form", "db.example.com", putFacts("shop/db", {})],
    ["is an address", "10.0.0.7", putFacts("shop/db", {})],
    ["names one endpoint of a Service", "db-0.db.shop.svc", putFacts("shop/db", {})],
    ["names a Service that is not there", "db.shop", goneService("shop/db")],
    ["names an alias", "db.shop", putFacts("shop/db", { addresses: undefined, ports: [] })],
    ["names a Service without slices", "db.shop", putFacts("shop/db", { hasSlices: false })],
  ])("are found by DNS where it %s, which is a problem of who asked for endpoints", (_, hostname, service) => {
    graph.apply([service, db("endpoints", hostname)]);
    expect([members(), problems()]).toEqual([{ 80: "dns" }, [HOSTNAME]]);
    begin("endpoints");
    graph.apply([service, db(undefined, hostname)]);
    expect([members(), problems()]).toEqual([{ 80: "dns" }, []]);
  });

  test("are found by DNS for a listener whose port the Service does not have", () => {
    graph.apply([putFacts("shop/db", { ports: [80, 82] }), db("endpoints", "db.shop", [80, 81])]);
    expect(members()).toEqual({ 80: "shop/db:80", 81: "dns" });
    expect(problems()).toEqual(["stays-dns at spec.listeners[1].portMapping.port"]);
  });

  test("are found by DNS where the annotation cannot be read, whatever the setting is about", () => {
    graph.apply([putFacts("shop/db", {}), db("Endpoints")]);
    expect([members(), problems()]).toEqual([{ 80: "dns" }, ["bad-annotation at "]]);
  });
});

describe("the ports of the Service by which a node is found", () => {
  test.each<[string, annotation: string | undefined, MeshChange, readonly number[] | undefined]>([
    [
      "of one with an address of its own",
      undefined,
      putFacts("shop/db", { headless: false, ports: [80, 81] }),
      [80, 81],
    ],
    ["of a headless one of which the slices are asked", "endpoints", putFacts("shop/db", {}), [80]],
    ["of another headless one", undefined, putFacts("shop/db", {}), undefined],
    ["of an alias", undefined, putFacts("shop/db", { addresses: undefined, headless: false }), undefined],
    ["of one that is not there", undefined, goneService("shop/db"), undefined],
  ])("%s", (_, annotation, change, ports) => {
    graph.apply([change, db(annotation)]);
    expect(graph.view(WEB)?.targets[0]?.servicePorts).toEqual(ports);
  });
});

describe("a view", () => {
  const dirty = (change: MeshChange): readonly string[] => graph.apply([change]).views.map(({ name }) => name);

  test("is another one when slices or the port come and go", () => {
    graph.apply([db("endpoints")]);
    expect(dirty(putFacts("shop/db", { hasSlices: false }))).toEqual([]);
    expect(dirty(putFacts("shop/db", {}))).toEqual(["web"]);
    expect(dirty(putFacts("shop/db", { ports: [81] }))).toEqual(["web"]);
    expect(dirty(putFacts("shop/db", { ports: [80, 81] }))).toEqual(["web"]);
    expect(dirty(goneService("shop/db"))).toEqual(["web"]);
  });

  test("is not made again when endpoints come and go", () => {
    graph.apply([putFacts("shop/db", {}), db("endpoints")]);
    graph.take([putFacts("shop/db", { addresses: ["10.1.0.7"], endpoints: new Map([["db-0", ["10.1.0.7"]]]) })]);
    expect(graph.renewNextView()).toBeUndefined();
  });
});
