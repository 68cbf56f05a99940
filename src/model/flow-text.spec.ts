import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { flowMembers, flowText } from "./flow-text.ts";
import type { Json } from "./json.ts";

test.each<[Json, string]>([
  [{ app: "web" }, "{app: web}"],
  [{ name: "app", namespace: "shop" }, "{name: app, namespace: shop}"],
  [[{ weight: 1, sticky: true, none: null }], "[{weight: 1, sticky: true, none: null}]"],
  ["/a/b.c_d-e", "/a/b.c_d-e"],
  [{ "app.kubernetes.io/name": "web" }, "{app.kubernetes.io/name: web}"],
  [
    ["on", "No", "1", "1e3", "e0", "", "a b", "a: b", "-", "~", "é"],
    '["on", "No", "1", "1e3", "e0", "", "a b", "a: b", "-", "~", "é"]',
  ],
  ["two\nlines", '"two\\nlines"'],
  ["x".repeat(101), "…"],
])("%j is written as %s", (value, text) => {
  expect(flowText(value)).toBe(text);
});

test("the members of an object stand without its braces", () => {
  expect(flowMembers({ a: 1, b: { c: "d" } })).toBe("a: 1, b: {c: d}");
  expect(flowMembers({ a: "x".repeat(101) })).toBe("…");
});

test("what is written is read as the same, whatever the dialect of YAML", () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom("yes", "e0", "E-1", "0x1", ".5", "..", "2026-01-01", "a#b"),
    fc.integer(),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), leaf, { maxKeys: 3 }), (object) => {
      const text = flowText({ ...object });
      fc.pre(text !== "…");
      expect(parse(text, { version: "1.2" })).toEqual({ ...object });
      expect(parse(text, { version: "1.1" })).toEqual({ ...object });
    }),
  );
});
