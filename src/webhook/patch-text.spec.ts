import fc from "fast-check";
import { expect, test } from "vitest";
import { anInput, aPod, appmesh } from "../../test/pods.ts";
import { inject } from "../inject/inject.ts";
import type { PatchOperation } from "../inject/json-patch.ts";
import type { Json } from "../model/json.ts";
import { patchText } from "./patch-text.ts";

const add = (value: Json): readonly PatchOperation[] => [{ op: "add", path: "/spec", value }];

test("it is what JSON.stringify gives, for a whole sidecar, the first time and again", () => {
  const { patch } = inject(anInput(aPod(appmesh({ sidecarEnvJson: '[{"X":"\\"\\u2028\\\\"}]' }))));
  expect(patchText(patch)).toBe(JSON.stringify(patch));
  expect(patchText(patch)).toBe(JSON.stringify(patch));
});

test.each([
  ["a long string that is the value", '"'.repeat(1000)],
  ["a long string in a list in an object", { a: [1, "x".repeat(199), "\\".repeat(200), null] }],
  ["half a surrogate pair", { a: "\ud800".repeat(300) }],
  ["what looks like raw JSON", { rawJSON: "1".repeat(300) }],
  ["a member called __proto__", JSON.parse(`{"__proto__":${JSON.stringify("y".repeat(300))},"z":true}`) as Json],
])("it is what JSON.stringify gives, for %s", (_what, value) => {
  expect(patchText(add(value as Json))).toBe(JSON.stringify(add(value as Json)));
});

test("it is what JSON.stringify gives, for any value", () => {
  const leaf = fc.oneof(fc.string({ maxLength: 400, unit: "binary" }), fc.double(), fc.boolean(), fc.constant(null));
  const tree = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("value")), fc.dictionary(fc.string(), tie("value"))),
  })).value;
  fc.assert(
    fc.property(tree, (value) => {
      expect(patchText(add(value as Json))).toBe(JSON.stringify(add(value as Json)));
    }),
  );
});

test("it leaves the operations as they are", () => {
  const operations = add({ a: "x".repeat(300) });
  const before = structuredClone(operations);
  patchText(operations);
  expect(operations).toEqual(before);
});
