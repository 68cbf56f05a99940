import { expect, test } from "vitest";
import { aMeshObject, aNamespace, aVirtualNode } from "../../test/mesh-objects.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import type { MeshObject } from "../model/mesh-object.ts";
import { keptMembers } from "./kept-members.ts";
import { meshProblems } from "./mesh-problems.ts";

const arn = (name: string) => `arn:aws:appmesh:us-west-2:000000000000:mesh/main/virtualNode/${name}`;

/** A node that was accepted into Mesh main, as its status says. */
function accepted(place: string): MeshObject {
  const [namespace, name] = place.split("/");
  const node = aVirtualNode(place, [80], { meshRef: { name: "main", uid: "uid-of-main" } });
  const conditions = [{ type: "VirtualNodeActive", status: "True" }];
  return { ...node, conditions, arns: { virtualNodeARN: arn(`${name}_${namespace}`) } } as unknown as MeshObject;
}

function kept(objects: readonly MeshObject[], namespaces: readonly NamespaceFacts[], only?: string) {
  const contents = {
    objects: objects.map((object) => ({ kind: "parsed", object, unknown: [] }) as never),
    namespaces,
    services: [],
  };
  return keptMembers(contents, meshProblems(contents).objects, only);
}

const MESH = aMeshObject("main");
const OBJECTS = [MESH, accepted("bank/front"), accepted("bank/back"), accepted("shop/web"), accepted("den/one")];
const UNLABELLED = aNamespace("bank", {});

test("a namespace that lost its label is named with how many objects stay, and what the Mesh wants", () => {
  expect(kept(OBJECTS, [UNLABELLED, aNamespace("shop"), aNamespace("den", { mesh: "other" })])).toEqual([
    "2 objects stay in Mesh main, which wants mesh=main and does not select namespace bank: what is new there is not in it",
    "1 object stays in Mesh main, which wants mesh=main and does not select namespace den: what is new there is not in it",
  ]);
});

test("only the namespace that is asked for is named", () => {
  expect(kept(OBJECTS, [UNLABELLED, aNamespace("shop"), aNamespace("den", {})], "den")).toHaveLength(1);
  expect(kept(OBJECTS, [UNLABELLED, aNamespace("shop"), aNamespace("den", {})], "shop")).toEqual([]);
});

test("a Mesh that lost its selector selects nobody", () => {
  const bare = aMeshObject("main", { namespaceSelector: undefined as never });
  expect(kept([bare, accepted("bank/front")], [aNamespace("bank")])).toEqual([
    "1 object stays in Mesh main, which has no namespaceSelector and does not select namespace bank: what is new there is not in it",
  ]);
});

test("objects that are in no mesh, or whose namespace is selected or not known, are not named", () => {
  expect(kept([MESH, aVirtualNode("bank/new", [80])], [UNLABELLED])).toEqual([]);
  expect(kept([MESH, accepted("shop/web")], [aNamespace("shop")])).toEqual([]);
  expect(kept([MESH, accepted("shop/web")], [])).toEqual([]);
});
