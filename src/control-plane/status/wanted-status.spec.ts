import { beforeEach, describe, expect, test } from "vitest";
import {
  aMeshObject,
  aNamespace,
  aVirtualNode,
  backends,
  meshObject,
  put,
  putNamespace,
} from "../../../test/mesh-objects.ts";
import { MeshGraph } from "../../graph/graph.ts";
import type { Standing } from "../../graph/standing.ts";
import type { JsonObject } from "../../model/json.ts";
import { type MeshObject, type ObjectRef, refOf } from "../../model/mesh-object.ts";
import { newStatus, type WantedStatus, wantedStatus } from "./wanted-status.ts";

const PLACE = { partition: "aws", region: "us-west-2", account: "000000000000" };
const NOW = new Date("2026-11-28T12:00:00.500Z");

let graph: MeshGraph;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([putNamespace(aNamespace("shop")), putNamespace(aNamespace("lonely", {})), put(aMeshObject("main"))]);
});

function statusOf(object: MeshObject): WantedStatus | undefined {
  graph.apply([put(object)]);
  const ref = refOf(object) as ObjectRef;
  const standing = graph.standing(ref);
  if (standing === undefined) throw new Error("the object is not there");
  return wantedStatus(object, standing, graph.problems(ref), PLACE);
}

function said(object: MeshObject): readonly string[] {
  return (statusOf(object)?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

describe("what proxies reject", () => {
  const said = (object: MeshObject, isAll: boolean, proxies = 2): readonly string[] => {
    const counts = { proxies, of: isAll ? proxies : 9, isAll };
    const found = {
      object: refOf(object) as ObjectRef,
      type: "listener",
      name: "in",
      problem: "no such filter",
      ...counts,
    };
    graph.apply([put(object)]);
    const ref = refOf(object) as ObjectRef;
    const wanted = wantedStatus(object, graph.standing(ref) as Standing, graph.problems(ref), PLACE, found);
    return (wanted?.conditions ?? []).map(
      ({ type, status, reason, message }) => `${type}=${status} ${reason} ${message}`,
    );
  };
  const help =
    "correct what Envoy names; until then they keep what they accepted before, and new ones have nothing of it";

  test("where all of them do is not programmed, nor active, and says what to do", () => {
    const message = `all proxies reject the listener in, which comes from it: no such filter; ${help}`;
    expect(said(aVirtualNode("shop/web", [8080]), true)).toEqual([
      `VirtualNodeActive=False Rejected ${message}`,
      "Accepted=True Accepted ",
      `Programmed=False Rejected ${message}`,
    ]);
  });

  test("where some do is programmed, and said, in words that do not move with their number", () => {
    const message = `some proxies reject the listener in, which comes from it: no such filter; ${help}`;
    const some = said(aVirtualNode("shop/web", [8080]), false);
    expect(some).toEqual([
      "VirtualNodeActive=True Active ",
      "Accepted=True Accepted ",
      `Programmed=True PartlyRejected ${message}`,
    ]);
    expect(said(aVirtualNode("shop/web", [8080]), false, 3)).toEqual(some);
  });

  test("comes after what else is wrong, which may be why", () => {
    const node = aVirtualNode("shop/web", [8080], backends("gone"));
    expect(said(node, true)[2]).toMatch(/^Programmed=False MissingReference .* \(and 1 more: outrigger problems\)$/);
    expect(said(node, false)[2]).toMatch(/^Programmed=False MissingReference .*reference$/);
  });
});

describe("the conditions", () => {
  test("of an object with which nothing is wrong are true, in every kind's own words", () => {
    expect(said(aVirtualNode("shop/web", [8080]))).toEqual([
      "VirtualNodeActive=True Active",
      "Accepted=True Accepted",
      "Programmed=True Programmed",
    ]);
    expect(said(aMeshObject("second"))[0]).toBe("MeshActive=True Active");
  });

  test("of an object that has its name are true, whoever else claims it; the other is not accepted", () => {
    const claimant = aVirtualNode("bank/web", [8080], { awsName: "web_shop" });
    graph.apply([putNamespace(aNamespace("bank")), put(claimant)]);
    expect(said(aVirtualNode("shop/web", [8080]))[0]).toBe("VirtualNodeActive=True Active");
    expect(said(claimant)).toEqual([
      "VirtualNodeActive=False NameClaimedTwice",
      "Accepted=False NameClaimedTwice",
      "Programmed=False NameClaimedTwice",
    ]);
  });

  test("of an object that refers to nothing say so, and what to do; it stays accepted", () => {
    const node = aVirtualNode("shop/web", [8080], backends("gone", "lost"));
    expect(said(node)).toEqual([
      "VirtualNodeActive=False MissingReference",
      "Accepted=True Accepted",
      "Programmed=False MissingReference",
    ]);
    expect(statusOf(node)?.conditions[0]?.message).toBe(
      "spec.backends[0].virtualService: VirtualService/shop/gone is not there; create it, or correct the reference (and 1 more: outrigger problems)",
    );
  });

  test.each<[string, () => MeshObject, string]>([
    ["no mesh", () => aVirtualNode("lonely/web", [8080]), "NoMesh"],
    ["a forged mesh", () => aVirtualNode("lonely/web", [], { meshRef: { name: "main", uid: "u" } }), "MeshNotSelected"],
    [
      "a name that another has by right",
      () => {
        graph.apply([
          put(aVirtualNode("shop/first", [80], { awsName: "one" }, { creationTimestamp: "2026-01-01T00:00:00Z" })),
        ]);
        return aVirtualNode("shop/web", [80], { awsName: "one" }, { creationTimestamp: "2026-02-01T00:00:00Z" });
      },
      "NameClaimedTwice",
    ],
    ["no gateway", () => route({}), "NoGateway"],
  ])("of an object with %s are all false", (_, object, reason) => {
    const conditions = said(object());
    expect(conditions).toHaveLength(3);
    for (const one of conditions) expect(one).toMatch(new RegExp(`=False ${reason}$`));
    expect(statusOf(object())?.arns).toEqual({});
  });

  test("of a mesh that is observed say that traffic passes through, and what serves it", () => {
    graph.apply([put(aMeshObject("main", {}, { "outrigger.dev/mesh": "observe" }))]);
    expect(said(aVirtualNode("shop/web", [8080]))).toContain("Programmed=False Observed");
  });

  test("are none of a BackendGroup, which has no status", () => {
    expect(statusOf(meshObject("BackendGroup", "shop/all", {}))).toBeUndefined();
  });
});

const gateway = (more: JsonObject = {}): MeshObject =>
  meshObject("VirtualGateway", "shop/edge", {
    namespaceSelector: {},
    listeners: [{ portMapping: { port: 80, protocol: "http" }, ...more }],
  });
const route = (spec: JsonObject): MeshObject =>
  meshObject("GatewayRoute", "shop/gr", {
    httpRoute: { match: { prefix: "/" }, action: { target: { virtualService: { virtualServiceRef: { name: "s" } } } } },
    ...spec,
  });

test("ARNs are made of the names in App Mesh, with those of routes and the gateway of a gateway route", () => {
  const mesh = "arn:aws:appmesh:us-west-2:000000000000:mesh/main";
  expect(statusOf(aMeshObject("main"))?.arns).toEqual({ meshARN: mesh });
  expect(statusOf(gateway())?.arns).toEqual({ virtualGatewayARN: `${mesh}/virtualGateway/edge_shop` });
  expect(statusOf(route({}))?.arns).toEqual({
    gatewayRouteARN: `${mesh}/virtualGateway/edge_shop/gatewayRoute/gr_shop`,
  });
  const router = meshObject("VirtualRouter", "shop/r", {
    listeners: [{ portMapping: { port: 80, protocol: "tcp" } }],
    routes: [
      { name: "all", tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "x" }, weight: 1 }] } } },
    ],
  });
  expect(statusOf(router)?.arns).toEqual({
    virtualRouterARN: `${mesh}/virtualRouter/r_shop`,
    routeARNs: { all: `${mesh}/virtualRouter/r_shop/route/all` },
  });
});

describe("a status", () => {
  const condition = (status: "True" | "False", reason = "Active", message = "") => ({
    type: "VirtualNodeActive",
    status,
    reason,
    message,
  });
  const wanted = (...conditions: readonly ReturnType<typeof condition>[]): WantedStatus => ({ conditions, arns: {} });
  const stored = (...conditions: readonly JsonObject[]): MeshObject =>
    ({ ...aVirtualNode("shop/web", [], {}, { generation: 7 }), conditions, observedGeneration: 7 }) as MeshObject;
  const BEFORE = "2026-01-01T00:00:00Z";

  test("is not written when nobody would read anything new", () => {
    const object = stored({ ...condition("True"), lastTransitionTime: BEFORE }, { type: "Other", status: "False" });
    expect(newStatus(object, wanted(condition("True")), NOW)).toBeUndefined();
  });

  test.each([undefined, 6])(
    "that was said of generation %j is said of this one, and nothing else is written",
    (seen) => {
      const object = { ...stored({ ...condition("True"), lastTransitionTime: BEFORE }), observedGeneration: seen };
      expect(newStatus(object, wanted(condition("True")), NOW)).toEqual({ observedGeneration: 7 });
    },
  );

  test.each<[string, JsonObject | undefined, ReturnType<typeof condition>, string]>([
    ["is new", undefined, condition("True"), "2026-11-28T12:00:00Z"],
    ["changes its status", condition("False"), condition("True"), "2026-11-28T12:00:00Z"],
    ["has another reason", { ...condition("False", "A"), lastTransitionTime: BEFORE }, condition("False", "B"), BEFORE],
    [
      "has another message",
      { ...condition("False", "A", "m"), lastTransitionTime: BEFORE },
      condition("False", "A", "n"),
      BEFORE,
    ],
    [
      "has no reason, as App Mesh's controller left it",
      { type: "VirtualNodeActive", status: "True", lastTransitionTime: BEFORE },
      condition("True"),
      BEFORE,
    ],
  ])("is written when a condition %s, with the time of its status", (_, before, now, time) => {
    const object = stored(...(before === undefined ? [] : [before]));
    expect(newStatus(object, wanted(now), NOW)).toEqual({
      conditions: [{ ...now, lastTransitionTime: time }],
      observedGeneration: 7,
    });
  });

  test("keeps conditions of others", () => {
    const other = { type: "Other", status: "True" };
    expect(newStatus(stored(other), wanted(condition("True")), NOW)?.["conditions"]).toHaveLength(2);
  });

  test("is written when an ARN is another, and takes those of routes out that are gone", () => {
    const object = { ...stored(condition("True")), arns: { routeARNs: { a: "1", b: "2" } } } as MeshObject;
    const arns = { routeARNs: { a: "1" } };
    expect(newStatus(object, { conditions: [condition("True")], arns }, NOW)).toMatchObject({
      routeARNs: { a: "1", b: null },
    });
    expect(newStatus({ ...object, arns }, { conditions: [condition("True")], arns }, NOW)).toBeUndefined();
  });
});
