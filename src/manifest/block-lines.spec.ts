import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type Tree, trees } from "../../test/unit/written-yaml.ts";
import { blockLines, type ScalarTexts } from "./block-lines.ts";
import type { Layout } from "./layout.ts";

const texts: ScalarTexts = {
  ofKey: (key) => JSON.stringify(key),
  ofValue: (value) => (typeof value === "string" && value.includes("\n") ? undefined : JSON.stringify(value)),
};

const layouts: fc.Arbitrary<Layout> = fc.record({
  step: fc.integer({ min: 2, max: 8 }),
  lists: fc.constantFrom("indented", "flush"),
  blocks: fc.boolean(),
});

function onOneLine(tree: Tree): Tree {
  return JSON.parse(JSON.stringify(tree).replaceAll("\\n", " ")) as Tree;
}

test("lines stand where the YAML library puts them", () => {
  fc.assert(
    fc.property(trees.map(onOneLine), layouts, (tree, layout) => {
      const expected = stringify(tree, {
        indent: layout.step,
        indentSeq: layout.lists === "indented",
        lineWidth: 0,
        defaultKeyType: "QUOTE_DOUBLE",
        defaultStringType: "QUOTE_DOUBLE",
      });
      expect(`${blockLines(tree, layout, texts)?.join("\n")}\n`).toBe(expected);
    }),
  );
});

test("what does not fit on its line, at any depth, is left to the library", () => {
  const layout = { step: 2, lists: "flush", blocks: true } as const;
  for (const value of ["a", null, {}, [], { a: [{ b: "two\nlines" }] }]) {
    expect(blockLines(value, layout, texts), JSON.stringify(value)).toBeUndefined();
  }
  expect(blockLines({ a: 1 }, { ...layout, step: 1 }, texts)).toBeUndefined();
  expect(blockLines({ a: 1 }, layout, { ...texts, ofKey: () => undefined })).toBeUndefined();
});
