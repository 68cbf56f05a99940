import { expect, test } from "vitest";
import { firstOf } from "./first-of.ts";

test.each([
  { names: [], most: 2, total: undefined, text: "" },
  { names: ["a", "b"], most: 2, total: undefined, text: "a, b" },
  { names: ["a", "b", "c"], most: 2, total: undefined, text: "a, b and 1 more" },
  { names: ["a"], most: 2, total: 5, text: "a and 4 more" },
])("$names of $total, at most $most: $text", ({ names, most, total, text }) => {
  expect(firstOf(names, most, total)).toBe(text);
});
