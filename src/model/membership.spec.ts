import { describe, expect, test } from "vitest";
import { aMesh, aNode } from "../../test/pods.ts";
import {
  gatewayOfRoute,
  type MeshChoice,
  meshesSelecting,
  meshIdentity,
  meshOfObject,
  meshOfPod,
  nameByOwner,
  nodeNamed,
  type PodClaim,
  podMembership,
} from "./membership.ts";

const EVERYTHING = { matchLabels: {}, matchExpressions: [] };
const NAMESPACE = { name: "shop", labels: { mesh: "blue" } };
const SILENT: PodClaim = { labels: {}, virtualNode: undefined, mesh: undefined };
const selectsBlue = { namespaceSelector: { matchLabels: { mesh: "blue" }, matchExpressions: [] } };
/** A node that selects nothing: facts without the optional member. */
function unselective(name: string) {
  const { podSelector: _podSelector, ...facts } = aNode(name);
  return facts;
}

describe("a pod is selected", () => {
  test.each([
    ["by label", [aNode("x"), aNode("y")], { app: "x" }, ["x"]],
    ["by the other label", [aNode("x"), aNode("y")], { app: "y" }, ["y"]],
    ["neither", [aNode("x"), aNode("y")], { app: "z" }, []],
    ["without labels", [aNode("x")], {}, []],
    ["an empty selector selects everything", [aNode("x", { podSelector: EVERYTHING })], {}, ["x"]],
    ["no selector selects nothing", [unselective("x")], { app: "x" }, []],
    ["both", [aNode("x"), aNode("all", { podSelector: EVERYTHING })], { app: "x" }, ["x", "all"]],
    [
      "by expression",
      [
        aNode("x", {
          podSelector: { matchLabels: {}, matchExpressions: [{ key: "app", operator: "In", values: ["a", "b"] }] },
        }),
      ],
      { app: "b" },
      ["x"],
    ],
    [
      "not by an unknown operator",
      [
        aNode("x", {
          podSelector: { matchLabels: {}, matchExpressions: [{ key: "app", operator: "Like", values: ["b"] }] },
        }),
      ],
      { app: "b" },
      [],
    ],
    [
      "not by an inherited name",
      [aNode("x", { podSelector: { matchLabels: { toString: "x" }, matchExpressions: [] } })],
      {},
      [],
    ],
  ])("%s", (_name, nodes, labels, matched) => {
    const membership = podMembership({ ...SILENT, labels: { ...labels } }, nodes, []);
    const found =
      membership.kind === "ambiguous"
        ? membership.candidates.map(({ object }) => object.name)
        : membership.kind === "found" && membership.by === "selector"
          ? [membership.member.object.name]
          : [];
    expect(found).toEqual(matched);
  });
});

describe("a pod", () => {
  const labels = { app: "x" };
  const nodes = [aNode("x")];

  test("is a gateway that selects it", () => {
    expect(podMembership({ ...SILENT, labels }, [], nodes)).toMatchObject({
      kind: "found",
      by: "selector",
      member: { kind: "virtualGateway", object: { name: "x" } },
    });
  });

  test("that a node and a gateway select is ambiguous", () => {
    const membership = podMembership({ ...SILENT, labels }, nodes, nodes);
    expect(membership).toMatchObject({
      kind: "ambiguous",
      candidates: [{ kind: "virtualNode" }, { kind: "virtualGateway" }],
    });
  });

  test("is what its annotation says, whoever selects it and whether or not there is such a node", () => {
    const named = podMembership({ ...SILENT, labels, virtualNode: "x_shop" }, [...nodes, aNode("y")], nodes);
    expect(named).toEqual({ kind: "found", by: "annotation", name: "x_shop" });
    const unknown = podMembership({ ...SILENT, labels, virtualNode: "later" }, nodes, nodes);
    expect(unknown).toEqual({ kind: "found", by: "annotation", name: "later" });
  });
});

test.each([
  ["namespace-owner", "shop-web"],
  ["owner-namespace", "web-shop"],
  ["owner_namespace", "web_shop"],
] as const)("%s names Deployment web in namespace shop %s", (naming, name) => {
  expect(nameByOwner(naming, "shop", "web")).toBe(name);
});

describe("meshesSelecting", () => {
  test("takes the meshes that select the namespace", () => {
    const meshes = [aMesh("a", selectsBlue), aMesh("b"), aMesh("c", { namespaceSelector: EVERYTHING })];
    expect(meshesSelecting(meshes, NAMESPACE).map((mesh) => mesh.name)).toEqual(["a", "c"]);
  });

  test("finds none for a namespace without that label", () => {
    expect(meshesSelecting([aMesh("a", selectsBlue), aMesh("b")], { ...NAMESPACE, labels: {} })).toEqual([]);
  });
});

describe("meshIdentity", () => {
  test.each([
    ["no owner", aMesh("m"), "111111111111", "m"],
    ["our account", aMesh("m", { meshOwner: "111111111111" }), "111111111111", "m"],
    ["another account", aMesh("m", { meshOwner: "222222222222" }), "111111111111", "m@222222222222"],
    ["no account of our own", aMesh("m", { meshOwner: "222222222222" }), "", "m"],
    ["a name of its own", aMesh("m", { awsName: "real" }), "", "real"],
  ])("%s", (_name, mesh, account, path) => {
    expect(meshIdentity(mesh, account)).toEqual({ name: mesh.awsName, path });
  });
});

describe("the mesh of a pod", () => {
  const { meshRef: _meshRef, ...loose } = aNode("web");
  const choice = (...meshes: readonly ReturnType<typeof aMesh>[]): MeshChoice => ({
    meshes,
    namespace: NAMESPACE,
    standard: "",
    accountId: "",
  });

  test("is its node's: the referenced one, by its AWS name and owner", () => {
    const mesh = aMesh("test-mesh", { awsName: "real", meshOwner: "222222222222" });
    const found = meshOfPod(SILENT, aNode("web"), { ...choice(mesh), accountId: "111111111111" });
    expect(found).toEqual({ kind: "found", by: "node", mesh: { name: "real", path: "real@222222222222" } });
  });

  test("is the reference itself where that mesh is not known", () => {
    const found = meshOfPod(SILENT, aNode("web"), choice());
    expect(found).toEqual({ kind: "found", by: "node", mesh: { name: "test-mesh", path: "test-mesh" } });
  });

  test("of a node without reference is the one that selects the namespace", () => {
    expect(meshOfPod(SILENT, loose, choice(aMesh("a", selectsBlue), aMesh("b")))).toMatchObject({
      by: "node",
      mesh: { name: "a" },
    });
  });

  test("is what its annotation says, with the owner where the mesh is known", () => {
    const foreign = aMesh("m", { meshOwner: "222222222222" });
    const annotated = { ...SILENT, mesh: "m" };
    expect(meshOfPod(annotated, undefined, { ...choice(foreign), accountId: "111111111111" })).toMatchObject({
      by: "annotation",
      mesh: { path: "m@222222222222" },
    });
    expect(meshOfPod(annotated, undefined, choice())).toMatchObject({ by: "annotation", mesh: { path: "m" } });
  });

  test("is a mismatch where annotation and node disagree", () => {
    expect(meshOfPod({ ...SILENT, mesh: "other" }, aNode("web"), choice())).toEqual({
      kind: "mismatch",
      annotated: "other",
      ofNode: { name: "test-mesh", path: "test-mesh" },
    });
  });

  test("is the configured one, then the one that selects the namespace", () => {
    const blue = choice(aMesh("a", selectsBlue));
    expect(meshOfPod(SILENT, undefined, { ...blue, standard: "main" })).toMatchObject({
      by: "configuration",
      mesh: { name: "main" },
    });
    expect(meshOfPod(SILENT, undefined, blue)).toMatchObject({ by: "namespace", mesh: { name: "a" } });
  });

  test.each([
    ["nobody's where none selects", [aMesh("a")], "none"],
    ["open where two select", [aMesh("a", selectsBlue), aMesh("b", selectsBlue)], "ambiguous"],
  ])("is %s", (_name, meshes, kind) => {
    expect(meshOfPod(SILENT, undefined, choice(...meshes)).kind).toBe(kind);
    expect(meshOfPod(SILENT, loose, choice(...meshes)).kind).toBe(kind);
  });

  test("a node of the name is the pod's unless it is of another mesh than the pod's annotation says", () => {
    const among = { nodes: [aNode("web")], shared: [] };
    expect(nodeNamed("web_shop", SILENT, among, choice())?.object.name).toBe("web");
    expect(nodeNamed("web_shop", { ...SILENT, mesh: "test-mesh" }, among, choice())?.object.name).toBe("web");
    expect(nodeNamed("web_shop", { ...SILENT, mesh: "other" }, among, choice())).toBeUndefined();
    expect(nodeNamed("nobody", SILENT, among, choice())).toBeUndefined();
  });

  test("a node of its namespace comes before a shared one of the same name, and a gateway may be shared too", () => {
    const shared = [
      { kind: "virtualNode", object: aNode("web", { namespace: "bank", awsName: "web_shop" }) },
      { kind: "virtualGateway", object: aNode("door", { namespace: "bank", awsName: "door_bank" }) },
    ] as const;
    const own = { nodes: [aNode("web")], shared };
    expect(nodeNamed("web_shop", SILENT, own, choice())?.object.namespace).toBe("shop");
    expect(nodeNamed("web_shop", SILENT, { nodes: [], shared }, choice())?.object.namespace).toBe("bank");
    expect(nodeNamed("door_bank", SILENT, own, choice())).toMatchObject({ kind: "virtualGateway" });
  });
});

describe("the mesh of an object", () => {
  const blue = aMesh("blue", selectsBlue);
  const second = aMesh("second", selectsBlue);
  const red = aMesh("red");

  test.each([
    ["is the one that selects its namespace", undefined, false, [blue, red], "found blue by selector"],
    ["is none where none does", undefined, false, [red], "none"],
    ["is open where several do", undefined, false, [blue, second], "ambiguous"],
    ["is of several the one that it names", { name: "second" }, false, [blue, second], "found second by reference"],
    ["is not one that does not select it", { name: "red" }, false, [blue, red], "mismatch"],
    ["stays that one where it was accepted before", { name: "red" }, true, [blue, red], "found red by reference"],
    ["is not one that is not there", { name: "gone" }, true, [blue], "mismatch"],
  ] as const)("%s", (_name, reference, accepted, meshes, expected) => {
    const found = meshOfObject(reference, accepted, meshes, NAMESPACE);
    expect(found.kind === "found" ? `found ${found.object.name} by ${found.by}` : found.kind).toBe(expected);
  });
});

describe("the gateway of a route", () => {
  const door = { name: "door", namespace: "ingress", namespaceSelector: EVERYTHING };
  const red = { ...door, name: "red", gatewayRouteSelector: { matchLabels: { door: "red" }, matchExpressions: [] } };
  const closed = { name: "closed", namespace: "ingress" };
  const reference = (name: string, namespace = "ingress") => ({ name, namespace });

  test.each([
    ["is the one that takes its namespace and labels", { door: "blue" }, undefined, false, [door, red], "found door"],
    ["is none where none selects namespaces", {}, undefined, false, [closed], "none"],
    ["is open where several take it", { door: "red" }, undefined, false, [door, red], "ambiguous"],
    ["is of several the one that it names", { door: "red" }, reference("red"), false, [door, red], "found red"],
    ["is not one that does not take it", {}, reference("red"), false, [door, red], "mismatch"],
    ["stays that one where it was accepted before", {}, reference("red"), true, [door, red], "found red"],
    ["is not one of another namespace", {}, reference("door", "shop"), true, [door], "mismatch"],
  ] as const)("%s", (_name, labels, named, accepted, gateways, expected) => {
    const found = gatewayOfRoute({ labels, reference: named }, accepted, gateways, NAMESPACE);
    expect(found.kind === "found" ? `found ${found.object.name}` : found.kind).toBe(expected);
  });
});
