import { expect, test } from "vitest";
import { aMeshObject, aNamespace } from "../../test/mesh-objects.ts";
import { refOf } from "../model/mesh-object.ts";
import type { ParsedObject } from "../model/parse-object.ts";
import { KnownObjects } from "./known-objects.ts";

const REF = { kind: "Mesh", namespace: "", name: "main" } as const;
const parsed = (type: string): ParsedObject => ({
  kind: "parsed",
  object: aMeshObject("main", { egressFilter: { type } }),
});
const problems = [{ path: "spec", message: "expected an object, found a list" }];
const unknownFields = [{ path: "spec.tracing", help: "remove it", widens: undefined }];
const refused = [...problems, ...unknownFields];
const unreadable: ParsedObject = { kind: "refused", ref: REF, problems, unknownFields };
const [open, closed] = [parsed("ALLOW_ALL"), parsed("DROP_ALL")].map((one) =>
  one.kind === "parsed" ? one.object : undefined,
);

function known(): KnownObjects {
  const objects = new KnownObjects();
  objects.setObject(REF, parsed("ALLOW_ALL"));
  return objects;
}

test("an object comes, changes and goes, each time with what was before", () => {
  const objects = known();
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: undefined, after: open, refused: [] }]);
  objects.setObject(REF, parsed("DROP_ALL"));
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: open, after: closed, refused: [] }]);
  objects.setObject(REF, undefined);
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: closed, after: undefined, refused: [] }]);
  expect(objects.takeChanges()).toEqual([]);
});

test("several changes in one go are one, from the first before to the last after", () => {
  const objects = known();
  objects.takeChanges();
  objects.setObject(REF, undefined);
  objects.setObject(REF, parsed("DROP_ALL"));
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: open, after: closed, refused: [] }]);
});

test("what came and went in one go is nothing", () => {
  const objects = known();
  objects.setObject(REF, undefined);
  expect(objects.takeChanges()).toEqual([]);
});

test("an object that cannot be read keeps its last state, with the reasons, until it can be read or is gone", () => {
  const objects = known();
  objects.takeChanges();
  objects.setObject(REF, unreadable);
  expect(objects.get(REF)).toBe(objects.get(refOf(open ?? { kind: "Mesh", metadata: aMeshObject("x").metadata })));
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: open, after: open, refused }]);
  objects.setObject(REF, parsed("DROP_ALL"));
  expect(objects.takeChanges()).toMatchObject([{ before: open, after: closed, refused: [] }]);
  objects.setObject(REF, unreadable);
  objects.setObject(REF, undefined);
  expect(objects.takeChanges()).toMatchObject([{ before: closed, after: undefined, refused: [] }]);
});

test("an object that could never be read is told with its reasons alone", () => {
  const objects = new KnownObjects();
  objects.setObject(REF, unreadable);
  expect(objects.takeChanges()).toEqual([{ kind: "object", ref: REF, before: undefined, after: undefined, refused }]);
  expect(objects.get(REF)).toBeUndefined();
});

test("whoever joins later is told everything as new, namespaces first", () => {
  const objects = known();
  const shop = aNamespace("shop");
  objects.setNamespace("shop", shop);
  objects.setNamespace("gone", shop);
  objects.setNamespace("gone", undefined);
  objects.takeChanges();
  expect(objects.everything()).toEqual([
    { kind: "namespace", name: "shop", before: undefined, after: shop },
    { kind: "object", ref: REF, before: undefined, after: open, refused: [] },
  ]);
});
