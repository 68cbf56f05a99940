import fc from "fast-check";
import { expect, test } from "vitest";
import { anInput, aPod, appmesh } from "../../test/pods.ts";
import { inject } from "../inject/inject.ts";
import type { PatchOperation } from "../inject/json-patch.ts";
import type { Json } from "../model/json.ts";
import { patchBase64 } from "./patch-base64.ts";

function add(value: Json): readonly PatchOperation[] {
  return [{ op: "add", path: "/spec", value }];
}

function textOf(operations: readonly PatchOperation[], key = "shop/virtualNode/web"): string {
  return Buffer.from(patchBase64(operations, key).toString("latin1"), "base64").toString();
}

test("a whole sidecar comes out as JSON.stringify writes it, and the next one of its kind is not written again", () => {
  const pod = aPod(appmesh({ sidecarEnvJson: '[{"X":"\\"\\u2028\\\\ü€𝄞"}]' }));
  const [first, second] = [inject(anInput(pod)).patch, inject(anInput(structuredClone(pod))).patch];
  expect(textOf(first)).toBe(JSON.stringify(first));
  expect(second).not.toBe(first);
  expect(patchBase64(second, "web")).toBe(patchBase64(first, "web"));
});

test.each<[string, Json, Json]>([
  ["another value", { a: "x" }, { a: "y" }],
  ["a number and its text", { a: 1 }, { a: "1" }],
  ["null and an object", { a: null }, { a: {} }],
  ["a list and an object", ["x"], { 0: "x" }],
  ["another order of members", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["one member more", { a: 1 }, { a: 1, b: 2 }],
  ["one element fewer", [1, 2], [1]],
  ["a value deep inside", [{ a: [{ b: "x" }] }], [{ a: [{ b: "z" }] }]],
  ["a member called __proto__", JSON.parse('{"__proto__":"y"}') as Json, JSON.parse('{"__proto__":"z"}') as Json],
])("what is kept is not taken for something else: %s", (_what, one, other) => {
  for (const value of [one, other, one]) expect(textOf(add(value))).toBe(JSON.stringify(add(value)));
});

test("what is kept is not taken for another path, or for another number of operations", () => {
  const [operation] = add("x") as readonly [PatchOperation];
  const remove: PatchOperation = { op: "remove", path: "/spec" };
  for (const operations of [[operation], [{ ...operation, path: "/metadata" }], [remove], [operation, remove], []]) {
    expect(textOf(operations)).toBe(JSON.stringify(operations));
  }
});

test("any values under one key come out as JSON.stringify writes them", () => {
  const value = fc.jsonValue() as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), (values) => {
      for (const one of [...values, ...values]) expect(textOf(add(one))).toBe(JSON.stringify(add(one)));
    }),
  );
});
