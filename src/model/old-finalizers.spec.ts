import { describe, expect, test } from "vitest";
import type { JsonObject } from "./json.ts";
import { leavingObject, OLD_FINALIZERS } from "./old-finalizers.ts";

const object = (metadata: JsonObject): JsonObject => ({
  metadata: { name: "web", namespace: "shop", uid: "u", resourceVersion: "7", ...metadata },
});
const deleted = { deletionTimestamp: "2026-10-01T00:00:00Z" };

test.each(OLD_FINALIZERS)("an object that is being deleted is held by %s, whatever its spec is", (finalizer) => {
  expect(leavingObject({ ...object({ ...deleted, finalizers: [finalizer] }), spec: "nonsense" })).toEqual({
    kind: "held",
    namespace: "shop",
    name: "web",
    uid: "u",
    resourceVersion: "7",
    others: [],
  });
});

test("finalizers of others stay, in their order", () => {
  const finalizers = ["z.example/a", ...OLD_FINALIZERS, "a.example/b"];
  expect(leavingObject(object({ ...deleted, finalizers }))).toMatchObject({ others: ["z.example/a", "a.example/b"] });
});

describe("it is not held", () => {
  test.each<[string, JsonObject]>([
    ["while nobody deletes it", { finalizers: [...OLD_FINALIZERS] }],
    ["without finalizers", deleted],
    ["by others", { ...deleted, finalizers: ["foregroundDeletion"] }],
    ["by what only looks like an old one", { ...deleted, finalizers: ["finalizers.appmesh.k8s.aws/else", 7, null] }],
    ["by finalizers that are no list", { ...deleted, finalizers: { 0: OLD_FINALIZERS[0] } }],
  ])("%s", (_, metadata) => {
    expect(leavingObject(object(metadata))).toEqual({ kind: "no" });
  });

  test.each([{}, { metadata: null }, { metadata: [] }])("where there is no metadata: %j", (raw) => {
    expect(leavingObject(raw as JsonObject)).toEqual({ kind: "no" });
  });
});
