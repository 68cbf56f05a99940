import { expect, test } from "vitest";
import { meshObject } from "../../test/mesh-objects.ts";
import type { Kind } from "../model/kinds.ts";
import { keyOf, refOf } from "../model/mesh-object.ts";
import { ObjectTable } from "./object-table.ts";

function table(...objects: readonly (readonly [kind: Kind, place: string])[]): ObjectTable {
  const made = new ObjectTable();
  for (const [kind, place] of objects) put(made, kind, place);
  return made;
}

function put(into: ObjectTable, kind: Kind, place: string): void {
  const object = meshObject(kind, place);
  into.put(refOf(object), object);
}

const NODES = [
  ["VirtualNode", "shop/web"],
  ["VirtualNode", "shop/api"],
  ["VirtualNode", "bank/web"],
  ["Mesh", "main"],
] as const;

function names(made: ObjectTable, namespace?: string): readonly string[] {
  return made.list("VirtualNode", namespace).map((each) => keyOf(refOf(each)));
}

test("a list is sorted, of all or of one namespace, and follows what comes and goes", () => {
  const made = table(...NODES);
  expect(names(made)).toEqual(["VirtualNode/bank/web", "VirtualNode/shop/api", "VirtualNode/shop/web"]);
  expect(names(made, "shop")).toEqual(["VirtualNode/shop/api", "VirtualNode/shop/web"]);
  put(made, "VirtualNode", "shop/cart");
  made.put({ kind: "VirtualNode", namespace: "shop", name: "web" }, undefined);
  expect(names(made, "shop")).toEqual(["VirtualNode/shop/api", "VirtualNode/shop/cart"]);
  expect(names(made)).toHaveLength(3);
});

test("members are all but Meshes, of all namespaces or of one", () => {
  const made = table(...NODES);
  expect([...made.members()].map(keyOf).toSorted()).toEqual(names(made));
  expect([...made.members("bank")].map(keyOf)).toEqual(["VirtualNode/bank/web"]);
  expect([...made.members("nowhere")]).toEqual([]);
});

test("what is gone is not there", () => {
  const made = table(["Mesh", "main"]);
  const ref = { kind: "Mesh", namespace: "", name: "main" } as const;
  expect(made.get(ref)?.metadata.name).toBe("main");
  made.put(ref, undefined);
  expect(made.get(ref)).toBeUndefined();
  expect(made.list("Mesh")).toEqual([]);
});

test("namespaces with a name are sorted, of one kind, and follow what comes and goes", () => {
  const made = table(...NODES, ["VirtualService", "pay/web"]);
  expect(made.namespacesWith("VirtualNode", "web")).toEqual(["bank", "shop"]);
  made.put({ kind: "VirtualNode", namespace: "bank", name: "web" }, undefined);
  expect(made.namespacesWith("VirtualNode", "web")).toEqual(["shop"]);
  expect(made.namespacesWith("VirtualRouter", "web")).toEqual([]);
});
