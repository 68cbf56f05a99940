import { describe, expect, test } from "vitest";
import { StreamJoiner } from "./join-streams.ts";
import { parseManifest } from "./parse.ts";

/** Joins the texts, each written in parts of lines. */
function joinStreams(streams: readonly { readonly format: "yaml" | "json"; readonly text: string }[]): string {
  const filled = streams.filter(({ text }) => text.trim() !== "");
  let joined = "";
  const joiner = new StreamJoiner(
    filled.map(({ format }) => format),
    (text) => {
      joined += text;
    },
  );
  for (const { format, text } of filled) {
    joiner.next(format);
    joiner.write(text);
  }
  joiner.end();
  return joined;
}

const yaml = (text: string) => ({ format: "yaml", text }) as const;
const json = (text: string) => ({ format: "json", text }) as const;

describe("texts of several inputs become one", () => {
  test("a single one comes out as it is", () => {
    expect(joinStreams([yaml("a: 1"), yaml("  \n")])).toBe("a: 1");
    expect(joinStreams([])).toBe("");
  });

  test.each([
    ["YAML without markers", [yaml("a: 1"), yaml("b: 2\n")], "a: 1\n---\nb: 2\n"],
    ["YAML that brings its marker", [yaml("a: 1\n"), yaml("# c\n---\nb: 2\n")], "a: 1\n# c\n---\nb: 2\n"],
    ["YAML with a directive", [yaml("a: 1\n"), yaml("%YAML 1.2\n---\nb: 2\n")], "a: 1\n...\n%YAML 1.2\n---\nb: 2\n"],
    ["JSON only", [json('{"a": 1}'), json('{"b": 2}\n')], '{"a": 1}\n{"b": 2}\n'],
    ["JSON before YAML", [json('{"a": 1}'), yaml("b: 2\n")], '---\n{"a": 1}\n---\nb: 2\n'],
  ])("%s", (_name, streams, expected) => {
    const joined = joinStreams(streams);
    expect(joined).toBe(expected);
    expect(parseManifest(joined).documents.map((document) => document.json)).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
