import { expect, test } from "vitest";
import { parseManifest } from "./parse.ts";
import { piecesOf } from "./pieces.ts";

function pieces(text: string): string[] {
  return piecesOf(text).pieces.map(({ start, end }) => text.slice(start, end));
}

test.each([
  ["documents", ["a: 1\n", "---\nb: 2\n"]],
  [
    "a marker at the very beginning, and comments and directives before it",
    ["# c\n\n%YAML 1.1\n---\na: 1\n", "---\n# d\n"],
  ],
  ["a comment or a value behind a marker", ["--- # c\na: 1\n", "--- {b: 2}\n", "---\tc\n"]],
  ["ends of documents", ["a: 1\n...\n", "# c\n---\nb: 2\n...\n", "%YAML 1.1\n---\nc: 3\n"]],
  ["line breaks of Windows, and a byte order mark", ["\uFEFF---\r\na: 1\r\n", "---\r\nb: 2"]],
  ["what only looks like a marker", ["a: |\n  ---\n  ...\nb: ---x\n---x: 1\n# ---\n"]],
  ["nothing but comments", ["# c\n"]],
  ["a stream of JSON", ['{"a": 1}\n', '{"b": "---"}{', '"c": 3}\n'].slice(0, 1)],
])("%s are taken apart, and nothing is lost", (_what, expected) => {
  const text = expected.join("");
  expect(pieces(text)).toEqual(expected);
  const apart = pieces(text).flatMap((piece) => parseManifest(piece).documents.map(({ json }) => json));
  expect(apart).toEqual(parseManifest(text).documents.map(({ json }) => json));
});

test("objects of a JSON stream are pieces with the space behind them; each knows its line", () => {
  const text = ' {"a": 1}\n\n{"b": "---"}{"c": 3}\n';
  expect(pieces(text)).toEqual([' {"a": 1}\n\n', '{"b": "---"}', '{"c": 3}\n']);
  expect(piecesOf(text)).toMatchObject({ format: "json", pieces: [{ line: 1 }, { line: 3 }, { line: 3 }] });
  expect(piecesOf("")).toEqual({ format: "yaml", pieces: [] });
});
