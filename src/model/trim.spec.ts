import { describe, expect, test } from "vitest";
import { withoutBlanks, withoutEnd } from "./trim.ts";

describe("without the blanks around it", () => {
  test.each([
    ["web", "web"],
    [" web", "web"],
    ["\t\n web \t\r\n\f", "web"],
    ["two words ", "two words"],
    ["", ""],
    [" \n ", ""],
    ["web\u00a0", "web\u00a0"],
    ["\ufeffweb", "\ufeffweb"],
  ])("%j is %j", (text, expected) => {
    expect(withoutBlanks(text)).toBe(expected);
  });
});

describe("without what stands at its end", () => {
  test.each([
    ["web-", "web"],
    ["web---", "web"],
    ["-web", "-web"],
    ["--", ""],
    ["", ""],
  ])("%j is %j", (text, expected) => {
    expect(withoutEnd(text, "-")).toBe(expected);
  });
});

// where a regular expression such as /-+$/ is used, these two take an hour
test("a text of nearly nothing else costs no more than its length", () => {
  const blanks = `a${" ".repeat(2_000_000)}b`;
  expect(withoutBlanks(blanks) === blanks).toBe(true);
  const dashes = `${"-".repeat(2_000_000)}a`;
  expect(withoutEnd(dashes, "-") === dashes).toBe(true);
});
