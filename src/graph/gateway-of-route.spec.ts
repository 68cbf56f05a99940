import { beforeEach, describe, expect, test } from "vitest";
import { aMeshObject, aNamespace, gone, meshObject, put, putNamespace } from "../../test/mesh-objects.ts";
import type { JsonObject } from "../model/json.ts";
import { stringOf } from "../model/json.ts";
import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";
import { MeshGraph } from "./graph.ts";

/* Gateways "shop/edge" and "bank/edge", each for the routes of its own namespace. */

let graph: MeshGraph;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply(["shop", "bank"].map((name) => putNamespace(aNamespace(name, { mesh: "main", own: name }))));
  add(aMeshObject("main"), gateway("shop"), gateway("bank"));
});

function add(...objects: readonly MeshObject[]): void {
  graph.apply(objects.map((object) => put(object)));
}

const gateway = (namespace: string): MeshObject =>
  meshObject("VirtualGateway", `${namespace}/edge`, { namespaceSelector: { matchLabels: { own: namespace } } });

function route(place: string, spec: JsonObject = {}, metadata: JsonObject = {}): MeshObject {
  const action = { target: { virtualService: { virtualServiceRef: { name: "web" } } } };
  const httpRoute = { match: { prefix: "/" }, action };
  return meshObject("GatewayRoute", place, { httpRoute, ...spec }, metadata);
}

function taken(object: MeshObject, gatewayRoute: string): MeshObject {
  const gatewayRouteARN = `arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualGateway/${gatewayRoute}`;
  const conditions = [{ type: "Accepted", status: "True" }];
  return { ...object, conditions, arns: { gatewayRouteARN } } as unknown as MeshObject;
}

function routesOf(namespace: string): unknown {
  const view = graph.view({ kind: "VirtualGateway", namespace, name: "edge" });
  return view?.kind === "virtualGateway" && view.routes.map(({ object }) => `${object.namespace}/${object.name}`);
}

function problemsOf(place: string): readonly string[] {
  return graph.problems(refTo(place)).map(({ code }) => code);
}

function refTo(place: string): ObjectRef {
  const [namespace = "", name = ""] = place.split("/");
  return { kind: "GatewayRoute", namespace, name };
}

const AT_BANK = { virtualGatewayRef: { name: "edge", namespace: "bank", uid: "u" } };

describe("a route is taken by", () => {
  test("the gateway that selects it, and by none that it names and that does not", () => {
    add(route("shop/all"), route("shop/forged", AT_BANK));
    expect([routesOf("shop"), routesOf("bank")]).toEqual([["shop/all"], []]);
    expect(problemsOf("shop/forged")).toContain("gateway-not-selected");
  });

  test("the gateway that took it before, when that selects it no more", () => {
    const accepted = taken(route("shop/all", AT_BANK), "edge_bank/gatewayRoute/all_shop");
    add(accepted);
    expect([routesOf("shop"), routesOf("bank")]).toEqual([[], ["shop/all"]]);
    const [condition] = accepted.conditions;
    add({ ...accepted, conditions: [{ ...condition, status: "False" }] } as MeshObject);
    expect(routesOf("bank")).toEqual([]);
  });

  test("no gateway that it names only since another one took it", () => {
    add(taken(route("shop/all", AT_BANK), "edge_shop/gatewayRoute/all_shop"));
    expect([routesOf("shop"), routesOf("bank")]).toEqual([[], []]);
    expect(problemsOf("shop/all")).toContain("gateway-not-selected");
  });

  test("no gateway of a mesh in which it was not", () => {
    const elsewhere = taken(route("shop/all", AT_BANK), "edge_bank/gatewayRoute/all_shop");
    const gatewayRouteARN = stringOf(elsewhere.arns["gatewayRouteARN"])?.replace("mesh/main", "mesh/second");
    add({ ...elsewhere, arns: { gatewayRouteARN } } as unknown as MeshObject);
    expect(routesOf("bank")).toEqual([]);
  });
});

describe("the name of a route", () => {
  const older = { creationTimestamp: "2026-01-01T00:00:00Z" };
  const younger = { creationTimestamp: "2026-02-01T00:00:00Z" };
  const one = { awsName: "one" };

  test("is its own at each gateway", () => {
    add(route("shop/all", one, older), route("bank/all", one, younger));
    expect([routesOf("shop"), routesOf("bank")]).toEqual([["shop/all"], ["bank/all"]]);
    expect([problemsOf("shop/all"), problemsOf("bank/all")]).not.toContain("name-claimed-twice");
  });

  test("is not taken by a route that no gateway takes", () => {
    graph.apply([putNamespace(aNamespace("lonely", { mesh: "main" }))]);
    add(route("lonely/all", one, older), route("shop/all", one, younger));
    expect(routesOf("shop")).toEqual(["shop/all"]);
    expect(problemsOf("lonely/all")).toContain("no-gateway");
  });

  test("is the older one's of two at one gateway, which the other gets when that is gone", () => {
    add(route("shop/a", one, younger), route("shop/b", one, older));
    expect(routesOf("shop")).toEqual(["shop/b"]);
    expect(problemsOf("shop/a")).toContain("name-claimed-twice");
    expect(problemsOf("shop/b")).toContain("name-claimed-twice");
    expect(graph.standing(refTo("shop/a"))).toMatchObject({ hasName: false, gateway: "edge_shop" });
    graph.apply([gone(refTo("shop/b"))]);
    expect(routesOf("shop")).toEqual(["shop/a"]);
    expect(graph.standing(refTo("shop/a"))).toMatchObject({ hasName: true, gateway: "edge_shop" });
  });

  test("that speaks of another namespace is nobody's where names are strict, while that namespace is there", () => {
    add(aMeshObject("main", {}, { "outrigger.dev/names": "strict" }), route("shop/all", { awsName: "all_later" }));
    expect(routesOf("shop")).toEqual(["shop/all"]);
    graph.apply([putNamespace(aNamespace("later"))]);
    expect(routesOf("shop")).toEqual([]);
    expect(problemsOf("shop/all")).toContain("name-of-another-namespace");
  });
});
