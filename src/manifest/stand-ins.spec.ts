import { describe, expect, test } from "vitest";
import { ManifestError } from "./manifest-error.ts";
import { exactValues } from "./parse.ts";
import { standIns } from "./stand-ins.ts";
import { applyEdits } from "./text-edit.ts";

/** What the short text says, in words of the long one; undefined where nothing becomes shorter or it cannot be read. */
function seen(text: string, at: number, inserted: string): unknown {
  const edits = [{ start: at, end: at, text: inserted }];
  const short = standIns(text, edits);
  if (short === undefined) return undefined;
  try {
    return [...exactValues(applyEdits(text, short.edits))].map((value) => short.expanded(value));
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}

function truth(text: string, at: number, inserted: string): unknown {
  return [...exactValues(applyEdits(text, [{ start: at, end: at, text: inserted }]))];
}

describe("an inserted block is seen as it is", () => {
  test.each([
    ["members of a map", "a:\n  b: 1\nz: 2\n", 10, "  c:\n  - d: x\n    e: [f]\n  g: h\n"],
    ["items of a list", "a:\n- 1\nz: 2\n", 7, "- b: c\n  d: e\n- f\n"],
    ["at the end of the text", "a: 1\n", 5, "b:\n  c: d\n"],
    ["at its beginning", "a: 1\n", 0, "b:\n  c: d\n"],
  ])("%s", (_what, text, at, inserted) => {
    expect(seen(text, at, inserted)).toEqual(truth(text, at, inserted));
    expect(seen(text, at, inserted)).toBeDefined();
  });
});

describe("a block in a place where it means something else is not taken for itself", () => {
  test.each([
    ["in a text block", "a: |\n  x\n  y\n", 9, "  c: d\n"],
    ["in quotes", "a: 'x\n\n  y'\n", 6, "  c: d\n"],
    ["in brackets", "a: {\n  b: 1,\n  d: 2 }\n", 13, "  c: d\n"],
    ["in a list in brackets", "a: [\n  1,\n  2 ]\n", 10, "  c: d\n"],
    ["before what continues it", "a:\n  b: 1\n   x\n", 10, "  c: d\n"],
    ["before items that would be its own", "a:\n  b:\n  - x\n", 8, "  c:\n  - d\n"],
    ["further right than its neighbours", "a:\n  b: 1\n", 10, "    c: d\n"],
    ["in a continued text", "a: x\n  y\nb: 1\n", 5, "  c: d\n"],
  ])("%s", (_what, text, at, inserted) => {
    let meant: unknown;
    try {
      meant = truth(text, at, inserted);
    } catch {
      meant = "unreadable";
    }
    const result = seen(text, at, inserted);
    // either it is not read the short way, or that says what the long one says
    if (result !== undefined && JSON.stringify(result, big).includes("stand-in-")) return;
    if (result !== undefined) expect(result).toEqual(meant);
  });
});

test("a text that holds such words already is read as a whole", () => {
  expect(standIns("a: stand-in-0\n", [{ start: 0, end: 0, text: "b: c\n" }])).toBeUndefined();
  expect(standIns("a: 1\n", [{ start: 0, end: 0, text: "b: stand-in-0\n" }])).toBeUndefined();
});

test("without insertions of whole lines there is nothing to make shorter", () => {
  expect(standIns("a: 1\n", [{ start: 3, end: 4, text: "2" }])).toBeUndefined();
  expect(standIns("a: 1", [{ start: 4, end: 4, text: "\nb: 2" }])).toBeUndefined();
});

function big(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
