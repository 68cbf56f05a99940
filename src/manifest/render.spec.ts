import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Layout } from "./layout.ts";
import { isInline, renderBlock, renderInline, renderItem, renderMember, renderScalar } from "./render.ts";

const layouts: fc.Arbitrary<Layout> = fc.record({
  step: fc.integer({ min: 1, max: 8 }),
  lists: fc.constantFrom("indented", "flush"),
  blocks: fc.boolean(),
});

/** Texts that some reader or other takes for something else, and texts of any kind. */
const traps = fc.constantFrom(
  ..."yes No ON off y N true False null ~ 1 -1 +1 0x1F 0o17 0b11 017 1_000 1e3 1E5 .5 1. -.inf .NaN 60:30 1:30:00 << = ? - -- --- ... : :: # @ ` % ! & * | > [ ] { } , ' \" 2001-01-01 2001-12-14t21:59:43.10-05:00 -0o17 10m 32Mi 1Ei 0 -0 0.1 1e 0x".split(
    " ",
  ),
  "",
  " ",
  "  a",
  "a ",
  "\t",
  "a\tb",
  "a: b",
  "a #b",
  "a:",
  "- a",
  "? a",
  "--- a",
  "\n",
  "\n\n",
  "a\n",
  "a\n\n",
  "\na",
  "a\nb",
  " a\nb",
  "a\n  b\n",
  "a \nb",
  "a\r\nb",
  "\r",
  "\u0085",
  "a\u2028b",
  "\ufeff",
  "\u0000",
  "\u007f",
  "é",
  "😀",
  "a\\b",
  '"',
  "'",
  'it\'s "both"',
  "key:\n  - x\n",
);
const strings = fc.oneof(
  traps,
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
);

describe("rendered strings are strings to every reader", () => {
  test.each(["1.1", "1.2"] as const)("YAML %s, as value, as key, in a list, at any column", (version) => {
    fc.assert(
      fc.property(strings, strings, layouts, fc.nat(6), (key, value, layout, column) => {
        const member = renderMember(key, { [value]: [value, { [key]: value }] }, layout, column).join("\n");
        expect(parse(`${member}\n`, { version })).toEqual({ [key]: { [value]: [value, { [key]: value }] } });
        const item = renderItem(value, layout, column).join("\r\n");
        expect(parse(`${item}\r\n`, { version })).toEqual([value]);
        expect(parse(`a: ${renderInline({ [key]: [value] })}\n`, { version })).toEqual({ a: { [key]: [value] } });
      }),
      { numRuns: 400 },
    );
  });

  test.each(["1.1", "1.2"] as const)("YAML %s, behind a key", (version) => {
    fc.assert(
      fc.property(
        strings.filter((text) => isInline(text)),
        layouts,
        (value, layout) => {
          expect(parse(`a: ${renderScalar(value, layout)}\n`, { version })).toEqual({ a: value });
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("rendered values", () => {
  test("keep integers that no number holds", () => {
    const layout = { step: 2, lists: "flush", blocks: true } as const;
    expect(renderBlock({ big: 9007199254740993n }, layout)).toBe("big: 9007199254740993\n");
    expect(renderInline({ big: 9007199254740993n })).toBe('{"big":9007199254740993}');
  });

  test("come back from JSON as they were", () => {
    fc.assert(
      fc.property(fc.jsonValue(), layouts, (value, layout) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(parse(renderBlock({ value: plain }, layout), { version: "1.2" })).toEqual({ value: plain });
      }),
    );
  });

  test("never use what Go's YAML 1.1 reader takes for a line break or refuses", () => {
    fc.assert(
      fc.property(strings, layouts, (value, layout) => {
        const text = renderBlock({ [value]: value }, layout);
        expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\ufeff]/u);
      }),
      { numRuns: 400 },
    );
  });
});
