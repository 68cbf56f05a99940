import { describe, expect, test } from "vitest";
import { aMesh, aNode } from "../../test/pods.ts";
import { describeNode, matchingNodes, meshesOf, meshIdentity, meshOfNode, nodeName } from "./virtual-node.ts";

const EVERYTHING = { matchLabels: {}, matchExpressions: [] };
const NAMESPACE = { name: "shop", labels: { mesh: "blue" }, annotations: {} };
const selectsBlue = { namespaceSelector: { matchLabels: { mesh: "blue" }, matchExpressions: [] } };
/** A node that selects nothing: facts without the optional member. */
function unselective(name: string) {
  const { podSelector: _podSelector, ...facts } = aNode(name);
  return facts;
}

describe("matchingNodes", () => {
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
    expect(matchingNodes(nodes, labels).map((node) => node.name)).toEqual(matched);
  });
});

test("messages point at a node with its selector", () => {
  expect(describeNode("VirtualNode", aNode("web"))).toBe("VirtualNode shop/web (podSelector app=web)");
  expect(describeNode("VirtualGateway", unselective("gw"))).toBe("VirtualGateway shop/gw (no podSelector)");
});

test.each([
  ["namespace-owner", "shop-web"],
  ["owner-namespace", "web-shop"],
  ["owner_namespace", "web_shop"],
] as const)("%s names Deployment web in namespace shop %s", (naming, name) => {
  expect(nodeName(naming, "shop", "web")).toBe(name);
});

describe("meshesOf", () => {
  test("takes the meshes that select the namespace", () => {
    const meshes = [aMesh("a", selectsBlue), aMesh("b"), aMesh("c", { namespaceSelector: EVERYTHING })];
    expect(meshesOf(meshes, NAMESPACE).map((mesh) => mesh.name)).toEqual(["a", "c"]);
  });

  test("finds none for a namespace without that label", () => {
    expect(meshesOf([aMesh("a", selectsBlue), aMesh("b")], { ...NAMESPACE, labels: {} })).toEqual([]);
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

describe("meshOfNode", () => {
  const { meshRef: _meshRef, ...loose } = aNode("web");

  test("is the referenced mesh, by its AWS name and owner", () => {
    const mesh = aMesh("test-mesh", { awsName: "real", meshOwner: "222222222222" });
    expect(meshOfNode(aNode("web"), [mesh], NAMESPACE, "111111111111")).toEqual({
      name: "real",
      path: "real@222222222222",
    });
  });

  test("is the reference itself where the mesh is not known", () => {
    expect(meshOfNode(aNode("web"), [], NAMESPACE, "")).toEqual({ name: "test-mesh", path: "test-mesh" });
  });

  test("without reference it is the one mesh that selects the namespace", () => {
    expect(meshOfNode(loose, [aMesh("a", selectsBlue), aMesh("b")], NAMESPACE, "")?.name).toBe("a");
  });

  test.each([
    ["none selects", [aMesh("a")]],
    ["two select", [aMesh("a", selectsBlue), aMesh("b", selectsBlue)]],
  ])("without reference it is unknown when %s", (_name, meshes) => {
    expect(meshOfNode(loose, meshes, NAMESPACE, "")).toBeUndefined();
  });
});
