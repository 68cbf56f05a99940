import { describe, expect, test } from "vitest";
import { ManifestError } from "./manifest-error.ts";
import { parseManifest } from "./parse.ts";

function failure(text: string): string | undefined {
  try {
    parseManifest(text);
    return undefined;
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
}

describe("kubectl cannot read, so that it is refused", () => {
  test.each([
    [
      "a question mark in a list in brackets",
      "a: [b?c]\n",
      "line 1, column 5: a question mark in a value without quotes, within brackets",
    ],
    ["a path with a query in brackets", "a: 1\nmatch: {path: {exact: /f?x=1}}\n", "line 2, column 23: a question mark"],
    ["a value that begins with one", "a: {b: ?c}\n", "line 1, column 8: a question mark"],
    ["a key with one", "a: {b?: c}\n", "line 1, column 5: a question mark"],
    [
      "a pseudo-header in brackets",
      "headers: [{name: :authority}]\n",
      "line 1, column 18: a colon at the beginning of a value without quotes",
    ],
    ["an escaped slash", 'regex: "\\/api\\/.*"\n', "line 1, column 8: an escaped slash (\\/) in double quotes"],
    ["an escaped slash behind an escaped backslash", 'regex: "\\\\\\/"\n', "line 1, column 8: an escaped slash"],
    ["one in the second document", "a: 1\n---\nb: [c?]\n", "line 3, column 5: a question mark"],
  ])("%s", (_, text, message) => {
    expect(failure(text)?.startsWith(message)).toBe(true);
    expect(failure(text)).toMatch(/: kubectl cannot read that; write the value in single quotes$/);
  });
});

describe("kubectl reads, so that it is read", () => {
  test.each([
    ["a question mark outside of brackets", "a: b?c\n"],
    ["one in quotes", "a: [\"b?\", 'c?']\n"],
    ["a colon at the beginning outside of brackets", "name: :authority\n"],
    ["one within a value", "a: {b: http://c}\n"],
    ["a slash, and an escaped backslash before one", 'a: "/b"\nc: "\\\\/d"\n'],
    ["an escaped slash of single quotes", "a: '\\/b'\n"],
    ["an escaped slash of JSON", '{"a": "\\/b"}\n'],
    ["a question mark in a block within a document with brackets", "a: []\nb: |\n  [c?]\n"],
  ])("%s", (_, text) => {
    expect(failure(text)).toBeUndefined();
  });
});
