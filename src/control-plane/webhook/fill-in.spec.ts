import fc from "fast-check";
import { expect, test } from "vitest";
import { applyPatch } from "../../inject/json-patch.ts";
import { type JsonObject, objectOf } from "../../model/json.ts";
import { WRITTEN_FIELDS } from "../../model/written-fields.ts";
import { fieldPatch, keptFields, withFields } from "./fill-in.ts";

const REF = { name: "main", uid: "u" };

test.each<[string, JsonObject, JsonObject | undefined, JsonObject]>([
  ["a creation keeps nothing", {}, undefined, {}],
  ["what is left out stays", { podSelector: {} }, { awsName: "a", meshRef: REF }, { awsName: "a", meshRef: REF }],
  ["what is given counts", { awsName: "b", meshRef: REF }, { awsName: "a", meshRef: { ...REF, name: "x" } }, {}],
  [
    "empty and null are left out",
    { awsName: "", meshRef: null },
    { awsName: "a", meshRef: REF },
    { awsName: "a", meshRef: REF },
  ],
  ["what was empty stays for somebody to fill in", {}, { awsName: "", meshRef: null }, {}],
  ["other fields are nobody's business", {}, { podSelector: {}, logging: {} }, {}],
])("%s", (_, spec, old, kept) => {
  expect(keptFields({ spec }, old && { spec: old })).toEqual(kept);
});

test.each<[string, JsonObject]>([
  ["without a spec", { kind: "Mesh" }],
  ["whose spec is null", { kind: "Mesh", spec: null }],
  ["with a spec", { kind: "Mesh", spec: { namespaceSelector: {} } }],
])("an object %s gets its fields", (_, object) => {
  const fields = { awsName: "main" };
  expect(applyPatch(object, fieldPatch(object, fields))).toEqual(withFields(object, fields));
});

test("no fields are no patch", () => {
  expect(fieldPatch({}, {})).toEqual([]);
});

test("whatever an object holds, nothing but the three fields is changed", () => {
  const spec = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<never>);
  fc.assert(
    fc.property(spec, fc.subarray([...WRITTEN_FIELDS]), (given, names) => {
      const fields = Object.fromEntries(names.map((name) => [name, "x"]));
      const patched = objectOf(applyPatch({ spec: given }, fieldPatch({ spec: given }, fields)) as JsonObject);
      expect(patched).toEqual({ spec: { ...given, ...fields } });
    }),
  );
});
