import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hands, trees, written } from "../../test/unit/written-yaml.ts";
import { readBlock } from "./inserted-block.ts";
import type { Layout } from "./layout.ts";
import { exactValues } from "./parse.ts";
import { renderBlock, renderItem, renderMember } from "./render.ts";

const layout: Layout = { step: 2, lists: "flush", blocks: true };

function blockValue(text: string): unknown {
  const block = readBlock(text);
  if (block === undefined) return undefined;
  const isList = block.entries[0]?.start === "-";
  const values = block.entries.map(({ start, value }): [string, unknown] => [start.slice(0, -1), value]);
  return isList ? values.map(([, value]) => value) : Object.fromEntries(values);
}

describe("a block that is read by itself", () => {
  test("has the values that the library reads in it, whoever wrote it", () => {
    fc.assert(
      fc.property(trees, hands, (tree, hand) => {
        const text = written(tree, hand);
        const value = blockValue(text);
        if (value !== undefined) expect([value]).toEqual([...exactValues(text)]);
      }),
    );
  });

  test.each(["flush", "indented"] as const)("is understood as members and items are rendered, lists %s", (lists) => {
    const value = { a: "x: y", b: ["it's", "no", ""], c: [{ d: 1, e: {} }, [null, true]], "f/g.h": { i: '{"j":"#"}' } };
    const lines = [
      ...renderMember("one", value, { ...layout, lists }, 4),
      ...renderMember("two", [value], { ...layout, lists }, 4),
    ];
    const exact = [...exactValues(renderBlock({ one: value, two: [value] }, layout))][0];
    expect(blockValue(`${lines.join("\n")}\n`)).toEqual(exact);
    expect(readBlock(`${lines.join("\n")}\n`)?.column).toBe(4);
    const items = renderItem(value, { ...layout, lists }, 6);
    expect(blockValue(`${items.join("\n")}\n`)).toEqual([(exact as { one: unknown }).one]);
  });

  test.each([
    ["several lines", "a: |\n  b\n"],
    ["a continued line", "a: b\n  c\n"],
    ["a quote that goes on", "a: 'b\n\n  c'\n"],
    ["an anchor", "a: &b c\n"],
    ["an alias", "a: *b\n"],
    ["a tag", "a: !!str 1\n"],
    ["a comment", "# a\nb: c\n"],
    ["a merge", "<<: {a: b}\n"],
    ["a key of another type", "yes: 1\n"],
    ["two documents", "a: 1\n---\nb: 2\n"],
    ["a line break of Windows", "a: 1\r\n"],
    ["an unended line", "a: 1"],
    ["a key and an item", "a: 1\n- b\n"],
    ["a lone scalar", "a\n"],
    ["nothing", "\n"],
    ["a key that is repeated", "a: 1\na: 2\n"],
    ["two keys on a line", "a: b: c\n"],
    ["a question mark", "? a\n: b\n"],
  ])("is left to the whole reading where it holds %s", (_what, text) => {
    expect(readBlock(text)).toBeUndefined();
  });
});
