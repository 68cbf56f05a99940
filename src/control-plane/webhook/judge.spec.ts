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
import type { JsonObject } from "../../model/json.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import { judge, unreadable } from "./judge.ts";
import type { ObjectAnswer } from "./object-answer.ts";

let graph: MeshGraph;

beforeEach(() => {
  graph = new MeshGraph({ mesh: "serve", accountId: "", clusterDomain: "cluster.local", discovery: "dns" });
  graph.apply([
    putNamespace(aNamespace("shop")),
    putNamespace(aNamespace("lonely", {})),
    putNamespace(aNamespace("both", { mesh: "main", too: "yes" })),
    put(aMeshObject("main")),
    put(aMeshObject("second", { namespaceSelector: { matchLabels: { too: "yes" } } })),
    put(aVirtualNode("shop/there", [8080])),
  ]);
});

const created = (object: MeshObject): ObjectAnswer =>
  judge(object, { operation: "CREATE" }, graph.tried(object).problems);
const updated = (before: MeshObject | undefined, object: MeshObject): ObjectAnswer =>
  judge(object, { operation: "UPDATE", before }, graph.tried(object).problems);

test("fields that are only now written into what was stored while nobody was asked are allowed, whatever else is wrong", () => {
  const stored = router(route("one"), route("one"));
  const completed = meshObject("VirtualRouter", "shop/r", {
    ...(stored.spec as JsonObject),
    awsName: "r_shop",
    meshRef: { name: "main", uid: "uid-of-main" },
  });
  expect(updated(stored, completed)).toMatchObject({ outcome: "allow", reason: "unchanged" });
  const other = router(route("one"), route("one"), route("two"));
  expect(updated(stored, other)).toMatchObject({ outcome: "deny", reason: "route-named-twice" });
  expect(updated(completed, stored)).toMatchObject({ outcome: "deny" });
});

const route = (name: string): JsonObject => ({
  name,
  tcpRoute: { action: { weightedTargets: [{ virtualNodeRef: { name: "there" }, weight: 1 }] } },
});
const router = (...routes: readonly JsonObject[]): MeshObject =>
  meshObject("VirtualRouter", "shop/r", { listeners: [{ portMapping: { port: 80, protocol: "tcp" } }], routes });
const gatewayRoute = (spec: JsonObject): MeshObject =>
  meshObject("GatewayRoute", "shop/gr", {
    httpRoute: { match: { prefix: "/" }, action: { target: { virtualService: { virtualServiceRef: { name: "s" } } } } },
    ...spec,
  });

describe("an object that is created", () => {
  test.each<[string, () => MeshObject, string]>([
    ["no Mesh selects its namespace", () => aVirtualNode("lonely/web", []), "no-mesh"],
    ["two Meshes do", () => aVirtualNode("both/web", []), "ambiguous-mesh"],
    [
      "it names a mesh that does not select it",
      () => aVirtualNode("lonely/web", [], { meshRef: { name: "main", uid: "u" } }),
      "mesh-not-selected",
    ],
    ["no gateway takes the route", () => gatewayRoute({}), "no-gateway"],
    ["two routes have one name", () => router(route("a"), route("a")), "route-named-twice"],
    ["two backends are equal", () => aVirtualNode("shop/web", [], backends("x", "shop/x")), "backend-twice"],
  ])("is refused where %s", (_, object, code) => {
    const { outcome, reason, message } = created(object());
    expect({ outcome, reason }).toEqual({ outcome: "deny", reason: code });
    expect(message).toMatch(/\S; \S/);
  });

  test("may name the mesh that selects it", () => {
    const object = aVirtualNode("shop/web", [], { meshRef: { name: "main", uid: "of another cluster" } });
    expect(created(object)).toMatchObject({ outcome: "allow", warnings: [] });
  });

  test("may name its service by reference and by ARN, with a warning: that was never noticed", () => {
    graph.apply([put(meshObject("VirtualService", "shop/x", {}))]);
    const byArn = { virtualService: { virtualServiceARN: "arn:aws:appmesh:r:1:mesh/main/virtualService/x.shop" } };
    const byReference = { virtualService: { virtualServiceRef: { name: "x" } } };
    const { outcome, warnings } = created(aVirtualNode("shop/web", [], { backends: [byReference, byArn] }));
    expect(outcome).toBe("allow");
    expect(warnings).toEqual([expect.stringContaining("(backend-twice)")]);
  });

  test("is not warned of what the next object of the same files mends", () => {
    expect(created(aVirtualNode("shop/web", [8080], backends("not-yet")))).toMatchObject({
      outcome: "allow",
      warnings: [],
    });
  });

  test("is warned of fields that nobody knows, with the nearest name, and of so many only", () => {
    const one = created(aVirtualNode("shop/web", [], { backend: [] }));
    expect(one.warnings).toEqual([
      "spec.backend: no field of this name is known, so it has no effect; perhaps backends was meant (unknown-field)",
    ]);
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`stray${index}`, 1]));
    const { warnings } = created(aVirtualNode("shop/web", [], many));
    expect(warnings).toHaveLength(8);
    expect(warnings.at(-1)).toBe("and 5 more: outrigger problems names all");
  });
});

describe("an object that is changed", () => {
  const meshRef = { name: "main", uid: "u" };

  test.each<[string, MeshObject, MeshObject, string]>([
    [
      "awsName",
      aVirtualNode("shop/web", [], { awsName: "a" }),
      aVirtualNode("shop/web", [], { awsName: "b" }),
      "from a to b",
    ],
    [
      "meshRef",
      aVirtualNode("shop/web", [], { meshRef }),
      aVirtualNode("shop/web", [], { meshRef: { name: "second", uid: "u" } }),
      "from main to second",
    ],
    [
      "virtualGatewayRef",
      gatewayRoute({ virtualGatewayRef: { name: "g", uid: "u" } }),
      gatewayRoute({ virtualGatewayRef: { name: "g", namespace: "both", uid: "u" } }),
      "from shop/g to both/g",
    ],
  ])("is refused another %s", (field, before, after, words) => {
    expect(updated(before, after)).toMatchObject({ outcome: "deny", reason: "immutable-field" });
    expect(updated(before, after).message).toContain(`spec.${field} cannot be changed ${words}: delete the object`);
  });

  test.each<[string, MeshObject, MeshObject]>([
    ["leaves them out", aVirtualNode("shop/web", [], { awsName: "a", meshRef }), aVirtualNode("shop/web", [80])],
    ["gets them later", aVirtualNode("shop/web", [80]), aVirtualNode("shop/web", [], { awsName: "a", meshRef })],
    [
      "names its mesh by another UID, as after a restore",
      aVirtualNode("shop/web", [], { meshRef }),
      aVirtualNode("shop/web", [], { meshRef: { ...meshRef, uid: "new" } }),
    ],
    [
      "writes out its gateway's namespace",
      gatewayRoute({ virtualGatewayRef: { name: "g", uid: "u" } }),
      gatewayRoute({ virtualGatewayRef: { name: "g", namespace: "shop", uid: "u" } }),
    ],
    ["could not be read before", undefined as unknown as MeshObject, aVirtualNode("shop/web", [80])],
  ])("is taken where it %s", (_, before, after) => {
    expect(updated(before, after)).toMatchObject({ outcome: "allow" });
  });

  test("is warned, not refused, where its namespace was relabelled", () => {
    const answer = updated(aVirtualNode("lonely/web", []), aVirtualNode("lonely/web", [80]));
    expect(answer.outcome).toBe("allow");
    expect(answer.warnings).toEqual([expect.stringContaining("(no-mesh)")]);
  });

  test("is refused what its spec was always refused", () => {
    expect(updated(router(route("a")), router(route("a"), route("a")))).toMatchObject({ reason: "route-named-twice" });
  });

  test("is not looked at where its spec is as it was, or where it is on its way out", () => {
    const twice = router(route("a"), route("a"));
    expect(updated(twice, twice)).toMatchObject({ outcome: "allow", reason: "unchanged", warnings: [] });
    const leaving = { ...twice, metadata: { ...twice.metadata, deleting: true } } as MeshObject;
    expect(updated(router(route("a")), leaving)).toMatchObject({ outcome: "allow", reason: "unchanged" });
  });
});

test("what the API server takes and nobody here can read goes through with a warning", () => {
  expect(unreadable([{ path: "spec.a", message: "expected a text, found a list" }])).toMatchObject({
    outcome: "allow",
    warnings: ["spec.a: expected a text, found a list (not-readable)"],
  });
});
