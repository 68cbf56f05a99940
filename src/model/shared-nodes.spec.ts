import { describe, expect, test } from "vitest";
import { aMesh, aNode } from "../../test/pods.ts";
import type { NodeFacts } from "./mesh-objects.ts";
import { sharedNodes } from "./shared-nodes.ts";

const NAMESPACE = { name: "shop", labels: { mesh: "blue" } };
const selectsBlue = { namespaceSelector: { matchLabels: { mesh: "blue" }, matchExpressions: [] } };

describe("a node of another namespace is shared with pods of namespace shop", () => {
  const labels: Readonly<Record<string, object>> = { bank: { mesh: "blue" }, red: { mesh: "red" } };
  const labelsOf = (namespace: string) => ({ ...labels[namespace] });
  const blue = aMesh("blue", selectsBlue);
  const red = aMesh("red", { namespaceSelector: { matchLabels: { mesh: "red" }, matchExpressions: [] } });

  /** A node that does not say its mesh. */
  function node(
    namespace: string,
    sharedWith: readonly string[] | undefined,
    given: Partial<NodeFacts> = {},
  ): NodeFacts {
    const { meshRef: _meshRef, ...facts } = aNode("web", { namespace, awsName: `web_${namespace}`, ...given });
    return { ...facts, ...(given.meshRef && { meshRef: given.meshRef }), ...(sharedWith && { sharedWith }) };
  }

  function shared(object: NodeFacts, meshes = [blue, red]): readonly (string | undefined)[] {
    const candidates = [{ kind: "virtualNode", object }] as const;
    return sharedNodes(NAMESPACE, { candidates, meshes, labelsOf }).map(({ object: { meshRef } }) => meshRef);
  }

  test.each<[string, NodeFacts]>([
    ["it names the namespace", node("bank", ["other", "shop"])],
    ["it names all", node("bank", ["*"])],
    ["it says its mesh, which selects its own namespace too", node("bank", ["shop"], { meshRef: "blue" })],
    ["its name speaks of no namespace", node("bank", ["*"], { awsName: "web" })],
  ])("where %s: with the mesh that it is in", (_, object) => expect(shared(object)).toEqual(["blue"]));

  test.each<[string, NodeFacts]>([
    ["it names nobody", node("bank", undefined)],
    ["it names others", node("bank", ["shopping", "sho"])],
    ["its mesh does not select the namespace", node("red", ["*"])],
    ["it says a mesh that does not", node("bank", ["*"], { meshRef: "red" })],
    ["it says a mesh that is not there", node("bank", ["*"], { meshRef: "gone" })],
    ["no mesh selects its own namespace", node("elsewhere", ["*"])],
    ["no mesh selects its own namespace, and it says one itself", node("elsewhere", ["shop"], { meshRef: "blue" })],
    ["its name speaks of the namespace that asks", node("bank", ["*"], { awsName: "web_shop" })],
    ["it is of the same namespace, where nothing has to be shared", node("shop", ["*"])],
  ])("not where %s", (_, object) => expect(shared(object)).toEqual([]));

  test("of two with one name the one counts whose namespace the name speaks of", () => {
    const objects = [node("aaa", ["*"], { awsName: "web_bank" }), node("bank", ["*"])];
    const candidates = objects.map((object) => ({ kind: "virtualNode", object }) as const);
    const both = { candidates, meshes: [blue], labelsOf: () => ({ mesh: "blue" }) };
    expect(sharedNodes(NAMESPACE, both).map(({ object }) => object.namespace)).toEqual(["bank", "aaa"]);
  });

  test("not where two meshes select its own namespace", () => {
    expect(shared(node("bank", ["*"]), [blue, aMesh("second", selectsBlue)])).toEqual([]);
  });
});
