import { expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode, put, putNamespace } from "../../test/mesh-objects.ts";
import type { MeshChange } from "../model/mesh-change.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import { MeshState } from "./mesh-state.ts";

const LISTS = ["kind:VirtualNode", "kind:VirtualNode/shop"];
const web = aVirtualNode("shop/web", [80]);

function touchedBy(state: MeshState, change: MeshChange): readonly string[] {
  const touched = new Set<string>();
  state.apply(change, touched);
  return [...touched].filter((one) => one.startsWith("kind:"));
}

function stateWith(...objects: readonly MeshObject[]): MeshState {
  const state = new MeshState({ clusterDomain: "cluster.local", discovery: "dns" });
  for (const change of [putNamespace(aNamespace("shop")), ...objects.map((object) => put(object))]) {
    state.apply(change, new Set());
  }
  return state;
}

test("those who list objects hear of what comes, goes and is written, and not of a status", () => {
  const state = stateWith(aMeshObject("main"));
  expect(touchedBy(state, put(web))).toEqual(LISTS);
  const accepted = { ...web, conditions: [{ type: "Accepted", status: "True" }] } as unknown as MeshObject;
  expect(touchedBy(state, put(accepted))).toEqual([]);
  expect(touchedBy(state, put(aVirtualNode("shop/web", [81])))).toEqual(LISTS);
  expect(touchedBy(state, put(aVirtualNode("shop/web", [81], {}, { labels: { a: "b" } })))).toEqual(LISTS);
  const { ref } = put(web) as Extract<MeshChange, { kind: "object" }>;
  expect(touchedBy(state, { kind: "object", ref, before: web, after: undefined, refused: [] })).toEqual(LISTS);
});

test("a list has the newest state of each object, in order, also after a status", () => {
  const state = stateWith(aMeshObject("main"), web, aVirtualNode("shop/api", [80]));
  const listed = () => state.reader(new Set()).list("VirtualNode", "shop");
  expect(listed().map(({ metadata }) => metadata.name)).toEqual(["api", "web"]);
  const accepted = { ...web, conditions: [{ type: "Accepted", status: "True" }] } as unknown as MeshObject;
  state.apply(put(accepted), new Set());
  expect(listed()[1]?.conditions).toHaveLength(1);
});

test("an object that stays where it was accepted is placed again when its mesh has another name", () => {
  const arn = "arn:aws:appmesh:r:000000000000:mesh/main/virtualNode/web_shop";
  const kept = {
    ...aVirtualNode("shop/web", [80], { meshRef: { name: "main", uid: "uid-of-main" } }),
    conditions: [{ type: "Accepted", status: "True" }],
    arns: { virtualNodeARN: arn },
  } as unknown as MeshObject;
  const elsewhere = (awsName: string): MeshObject =>
    aMeshObject("main", { awsName, namespaceSelector: { matchLabels: { mesh: "nobody" } } });
  const state = stateWith(elsewhere("main"), kept);
  const meshOf = () =>
    state.reader(new Set()).placement({ kind: "VirtualNode", namespace: "shop", name: "web" }).mesh?.name;
  expect(meshOf()).toBe("main");
  state.apply(put(elsewhere("other")), new Set());
  expect(meshOf()).toBeUndefined();
});
