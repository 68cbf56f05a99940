import fc from "fast-check";
import { expect, test } from "vitest";
import { nestsDeeperThan } from "./nesting.ts";

test("levels are counted across objects and lists", () => {
  expect(nestsDeeperThan(Buffer.from('{"a":[{"b":[]}]}'), 4)).toBe(false);
  expect(nestsDeeperThan(Buffer.from('{"a":[{"b":[]}]}'), 3)).toBe(true);
});

test("levels that stand beside each other do not add up", () => {
  expect(nestsDeeperThan(Buffer.from(`[${"[],".repeat(1000)}[]]`), 2)).toBe(false);
});

test("brackets within strings are text, also after escaped quotes and backslashes", () => {
  expect(nestsDeeperThan(Buffer.from(JSON.stringify({ a: "[[[[{{{{", 'b"[[[\\': '\\"[[[[' })), 1)).toBe(false);
});

test("text that ends within a string or an escape gives an answer", () => {
  expect(nestsDeeperThan(Buffer.from('{"a":"[[['), 1)).toBe(false);
  expect(nestsDeeperThan(Buffer.from('{"a":"\\'), 1)).toBe(false);
  expect(nestsDeeperThan(Buffer.from(""), 0)).toBe(false);
});

test("the count is that of the parsed value, whatever it holds", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const depth = depthOf(JSON.parse(text));
      expect(nestsDeeperThan(Buffer.from(text), depth)).toBe(false);
      if (depth > 0) expect(nestsDeeperThan(Buffer.from(text), depth - 1)).toBe(true);
    }),
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
