import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putFacts,
  putNamespace,
} from "../../../test/mesh-objects.ts";
import { settled } from "../../../test/turns.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { Member } from "../../graph/registry.ts";
import type { JsonObject } from "../../model/json.ts";
import type { ChangeSource, MeshChange, ServiceChange } from "../../model/mesh-change.ts";
import { PLAIN_TRAITS } from "../../model/proxy-traits.ts";
import { WorkRound } from "../../xds/work-round.ts";
import type { KnownServices } from "./known-services.ts";
import { MeshContent, PASS_THROUGH } from "./mesh-content.ts";

const NODES = Array.from({ length: 20 }, (_, index) => `web-${index}`);
const TRAITS = { traits: PLAIN_TRAITS, accessLog: "" } as unknown as Parameters<MeshContent["compute"]>[1];
const OBJECTS = [
  put(aMeshObject("main", { egressFilter: { type: "DROP_ALL" } })),
  putNamespace(aNamespace("shop", { mesh: "main" })),
  ...NODES.map((name) => put(aVirtualNode(`shop/${name}`, [8080]))),
];
const OPEN = put(aMeshObject("main", { egressFilter: { type: "ALLOW_ALL" } }));

let content: MeshContent;
let told: string[];
let failures: unknown[];
let turns: (() => void)[];
let endpoints: string[];
/** Whether somebody has endpoints of a name. */
let isHad: (name: string) => boolean;
let members: Member[];
/** Views of which nobody waits for a certificate any more. */
let forgotten: string[];
let tellServices: Parameters<KnownServices["onChange"]>[0];
let tell: (changes: readonly MeshChange[]) => void;
/** Called with each view that is told to be another one. */
let changed: (view: string) => void;

beforeEach(() => {
  [told, failures, turns, endpoints, members, forgotten] = [[], [], [], [], [], []];
  changed = () => undefined;
  isHad = () => true;
  let time = 0;
  content = new MeshContent(
    new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" }),
    "cluster.local",
    {
      round: new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) }),
      changed(view) {
        // as long as making it takes on a slow machine
        time += 4;
        told.push(view);
        changed(view);
      },
      endpointsChanged(name) {
        endpoints.push(name);
        return isHad(name);
      },
      services: { onChange: (listener) => (tellServices = listener), members: () => members },
      certificates: { secretsOf: () => [], forget: (key) => void forgotten.push(key) },
      leftServices: { of: () => [], forget: () => undefined },
      tlsChanges: { inEffect: (_, view) => view, take: () => undefined },
      failed: (_, error) => void failures.push(error),
    },
  );
  content.followServices(new AbortController().signal);
  const source: ChangeSource = { onChange: (listener) => (tell = listener) };
  content.follow(source, new AbortController().signal);
});

const namesOf = (view: string): readonly string[] => content.compute(view, TRAITS).resources.map(({ name }) => name);

describe("the content of views", () => {
  test("is told in turns to be another one, each view once, however many changes came", () => {
    tell(OBJECTS);
    expect(settled(turns)).toBeGreaterThanOrEqual(5);
    const everybody = NODES.map((name) => `VirtualNode/shop/${name}`).toSorted();
    expect(told.toSorted()).toEqual(everybody);
    told = [];
    for (let event = 0; event < 3; event++) tell([OPEN]);
    settled(turns);
    expect(told.toSorted()).toEqual(everybody);
  });

  test("is never behind what was taken, so that a proxy that comes first has its mesh", () => {
    const passing = namesOf(PASS_THROUGH);
    tell(OBJECTS);
    expect(namesOf("VirtualNode/shop/web-7")).not.toEqual(passing);
    expect(namesOf("VirtualNode/shop/nobody")).toEqual(passing);
    settled(turns);
    expect(told).toContain("VirtualNode/shop/web-7");
  });

  test("waits for no certificate where it is observed only", () => {
    tell(OBJECTS);
    content.compute("VirtualNode/shop/web-0", TRAITS);
    expect(forgotten).toEqual([]);
    tell([put(aMeshObject("main", {}, { "outrigger.dev/mesh": "observe" }))]);
    content.compute("VirtualNode/shop/web-0", TRAITS);
    expect(forgotten).toEqual(["VirtualNode/shop/web-0"]);
  });

  test("goes on when one view fails, which is said", () => {
    tell(OBJECTS);
    changed = (view) => {
      if (view.endsWith("web-3")) throw new Error("broken");
    };
    settled(turns);
    expect(told).toHaveLength(NODES.length);
    expect(failures).toEqual([new Error("broken")]);
  });
});

describe("endpoints", () => {
  const of = { namespace: "shop", service: "db", port: 80 };
  const found = { "outrigger.dev/discovery": "endpoints" };
  const db = (annotations: JsonObject): MeshChange => put(aVirtualNode("shop/db", [80], {}, { annotations }));
  const namesOfEndpoints = (): readonly string[] => content.compute("VirtualNode/shop/web", TRAITS).endpoints;

  beforeEach(() => {
    tell([
      ...OBJECTS,
      db(found),
      put(meshObject("VirtualService", "shop/db", { provider: { virtualNode: { virtualNodeRef: { name: "db" } } } })),
      put(aVirtualNode("shop/web", [80], backends("db"))),
    ]);
    settled(turns);
    told = [];
  });

  test("are had by the views whose clusters are asked for them, from when their Service has slices", () => {
    expect(namesOfEndpoints()).toEqual([]);
    tellServices([putFacts("shop/db", { ports: [80] }) as ServiceChange]);
    settled(turns);
    expect([told, namesOfEndpoints()]).toEqual([["VirtualNode/shop/web"], ["shop/db/80"]]);
    expect(content.compute("VirtualNode/shop/db", TRAITS).endpoints).toEqual([]);
    tell([db({})]);
    settled(turns);
    expect(namesOfEndpoints()).toEqual([]);
  });

  test("change by the names under which they are checked at another port, too", () => {
    const healthCheck = {
      protocol: "http",
      port: 9000,
      intervalMillis: 5000,
      timeoutMillis: 2000,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    };
    const listeners = [{ portMapping: { port: 80, protocol: "http" }, healthCheck }];
    tellServices([putFacts("shop/db", { ports: [80] }) as ServiceChange]);
    tell([put(aVirtualNode("shop/db", [], { listeners }, { annotations: found }))]);
    expect(namesOfEndpoints()).toEqual(["shop/db/80/checked=9000"]);
    tellServices([{ kind: "members", of }]);
    expect(endpoints).toContain("shop/db/80/checked=9000");
    endpoints = [];
    tellServices([{ kind: "members", of: { ...of, port: 81 } }]);
    expect(endpoints.filter((name) => name.includes("checked"))).toEqual([]);
    // until nobody has them under those names any more: ports that were checked once would be told for ever
    isHad = (name) => !name.includes("checked");
    tellServices([{ kind: "members", of }]);
    endpoints = [];
    tellServices([{ kind: "members", of }]);
    expect(endpoints.filter((name) => name.includes("checked"))).toEqual([]);
  });

  test("change without any view, by each name that they have", () => {
    tellServices([putFacts("shop/db", { ports: [80] }) as ServiceChange]);
    settled(turns);
    told = [];
    tellServices([{ kind: "members", of }]);
    expect(settled(turns)).toBeLessThan(2);
    expect(told).toEqual([]);
    expect(endpoints).toEqual([
      "shop/db/80",
      "shop/db/80/IPv6_ONLY",
      "shop/db/80/IPv4_ONLY",
      "shop/db/80/IPv6_PREFERRED",
      "shop/db/80/IPv4_PREFERRED",
    ]);
  });

  test("are those of the members as they are now, and none where there are none", () => {
    const addressesOf = (name: string): unknown =>
      JSON.stringify(content.endpoints(name).message).match(/10\.1\.[\d.]+/g);
    expect(addressesOf("shop/db/80")).toBeNull();
    members = [{ address: "10.1.0.7", port: 8080, family: "IPv4", health: "healthy", zone: undefined }];
    expect(addressesOf("shop/db/80")).toEqual(["10.1.0.7"]);
    expect(addressesOf("shop/db/80/IPv6_ONLY")).toBeNull();
  });
});
