import { describe, expect, test } from "vitest";
import type { PatchOperation } from "../inject/json-patch.ts";
import type { Json } from "../model/json.ts";
import { applyToText } from "./apply-text.ts";
import { MAX_INPUT_BYTES } from "./limits.ts";
import { parseManifest } from "./parse.ts";

function apply(text: string, ...operations: PatchOperation[]): { text: string; notices: readonly string[] } {
  return applyTo(0, text, ...operations);
}

function applyTo(index: number, text: string, ...operations: PatchOperation[]) {
  const manifest = parseManifest(text);
  const document = manifest.documents[index];
  if (document === undefined) throw new Error(`there is no document ${index}`);
  const result = applyToText(manifest, [{ document, operations }]);
  return { text: result.text, notices: result.notices.map(({ message }) => message) };
}

const add = (path: string, value: Json): PatchOperation => ({ op: "add", path, value });

describe("what stands around an addition stays", () => {
  test("comments, quotes, big integers and words of YAML 1.1", () => {
    const text = [
      "# head",
      "spec: # behind",
      "    # above",
      "    a: 'single' # why",
      "    big: 9007199254740993",
      '    mode: "0644"',
      "    octal: 0644",
      "    on: yes",
      "    # end of spec",
      "# foot",
      "",
    ];
    const expected = text.toSpliced(8, 0, "    new: 1");
    expect(apply(text.join("\n"), add("/spec/new", 1))).toEqual({ text: expected.join("\n"), notices: [] });
  });

  test("line breaks of Windows", () => {
    expect(apply("a:\r\n  b: 1\r\n", add("/a/c", "x\ny\n")).text).toBe("a:\r\n  b: 1\r\n  c: |\r\n    x\r\n    y\r\n");
  });

  test("a last line without its break", () => {
    expect(apply("a:\n- 1", add("/a/-", { b: "2" }), add("/c", "d")).text).toBe('a:\n- 1\n- b: "2"\nc: d');
  });

  test("a byte order mark, directives and document markers", () => {
    const text = "\uFEFF%YAML 1.2\n---\na: 1\n...\n---\nb: 2\n";
    expect(applyTo(1, text, add("/c", "d")).text).toBe("\uFEFF%YAML 1.2\n---\na: 1\n...\n---\nb: 2\nc: d\n");
  });

  test("text blocks with blank lines at their end", () => {
    expect(apply("a:\n  b: |+\n    x\n\n  c: |\n    y\n\nd: 1\n", add("/a/e", "f")).text).toBe(
      "a:\n  b: |+\n    x\n\n  c: |\n    y\n  e: f\n\nd: 1\n",
    );
  });

  test("though the result is longer than what may be read", () => {
    const value = "x".repeat(MAX_INPUT_BYTES);
    const { text, notices } = apply("a: 1 # why\n", add("/b", value));
    expect(notices).toEqual([]);
    expect(text === `a: 1 # why\nb: ${value}\n`).toBe(true);
  });
});

describe("an addition looks like what stands around it", () => {
  test("lists right below their key, or further right", () => {
    expect(apply("a:\n- b: 1\n", add("/c", ["x"])).text).toBe("a:\n- b: 1\nc:\n- x\n");
    expect(apply("a:\n  - b: 1\n", add("/c", ["x"])).text).toBe("a:\n  - b: 1\nc:\n  - x\n");
  });

  test("a new first item stands above the comment of the one that was first", () => {
    expect(apply("a: # why\n# one\n- 1\n", add("/a/0", "0")).text).toBe('a: # why\n- "0"\n# one\n- 1\n');
  });

  test("JSON by a program with four spaces, on one line, or as a stream", () => {
    expect(apply('{\n    "a": [\n        1\n    ]\n}', add("/a/-", { b: [] })).text).toBe(
      '{\n    "a": [\n        1,\n        {\n            "b": []\n        }\n    ]\n}',
    );
    expect(apply('{"a":{"b":9007199254740993}}\n', add("/a/c", "d")).text).toBe(
      '{"a":{"b":9007199254740993, "c": "d"}}\n',
    );
    expect(applyTo(1, '{"a": 1}\n{"b": {}}\n', add("/b/c", "d")).text).toBe('{"a": 1}\n{"b": {"c":"d"}}\n');
  });

  test("flow-style YAML stays on its line", () => {
    expect(apply("a: {b: [1, 2], c: } # d\n", add("/a/b/1", "x"))).toEqual({
      text: 'a: {b: [1, "x", 2], c: } # d\n',
      notices: [],
    });
  });

  test("an empty collection or nothing at all becomes block style, and its comment stays", () => {
    expect(apply("a: {} # b\nc:\n", add("/a/x", "v"), { op: "replace", path: "/c", value: ["z"] }).text).toBe(
      "a: # b\n  x: v\nc:\n- z\n",
    );
  });
});

describe("where an edit of the text is impossible the document is rendered again, and says so", () => {
  test("through an alias", () => {
    const { text, notices } = apply("x: &l\n  a: 1 # above\nw: *l\n---\nz: 1 # kept\n", add("/w/b", "2"));
    expect(text).toBe('# above\nx:\n  a: 1\nw:\n  a: 1\n  b: "2"\n---\nz: 1 # kept\n');
    expect(notices).toEqual([expect.stringContaining("an alias")]);
  });

  test("into an anchor that others use", () => {
    const { text, notices } = apply("x: &l\n  a: 1\nz: *l\n", add("/x/b", "2"));
    expect(parseManifest(text).documents[0]?.json).toEqual({ x: { a: 1, b: "2" }, z: { a: 1 } });
    expect(notices).toEqual([expect.stringContaining("an anchor that is used elsewhere")]);
  });

  test("into what a merge key brings", () => {
    const { text, notices } = apply("x: &l {a: {b: 1}}\nz:\n  <<: *l\n", add("/z/a/c", "2"));
    expect(parseManifest(text).documents[0]?.json).toEqual({ x: { a: { b: 1 } }, z: { a: { b: 1, c: "2" } } });
    expect(notices).toEqual([expect.stringContaining("a merge key")]);
  });

  test("but not beside an alias, a merge key or an anchor that nobody uses", () => {
    expect(apply("x: &l\n  a: 1\nz: &m\n  <<: *l\n", add("/z/b", "2"))).toEqual({
      text: 'x: &l\n  a: 1\nz: &m\n  <<: *l\n  b: "2"\n',
      notices: [],
    });
  });

  test("a list that begins on the line of a dash", () => {
    const { text, notices } = apply("a:\n- - 1 # gone\n", add("/a/0/0", "0"));
    expect(parseManifest(text).documents[0]?.json).toEqual({ a: [["0", 1]] });
    expect(notices).toEqual([expect.stringContaining("on the line of its key")]);
  });
});

describe("what was put in is taken out to the byte", () => {
  test("an annotation below a key that had nothing, comments and all", () => {
    const text = "metadata:\n  annotations: # none yet\n  # below\n  name: x\n";
    const there = apply(text, { op: "replace", path: "/metadata/annotations", value: { a: "b" } });
    expect(there.text).toBe("metadata:\n  annotations: # none yet\n    a: b\n  # below\n  name: x\n");
    expect(apply(there.text, { op: "replace", path: "/metadata/annotations", value: null }).text).toBe(text);
  });

  test("the only member of an empty map", () => {
    const there = apply("a: {}\n", add("/a/b", "c"));
    expect(apply(there.text, { op: "remove", path: "/a/b" }).text).toBe("a: {}\n");
  });

  test("the last lines of a text without a line break at its end", () => {
    const there = apply("a:\r\n  b: c", add("/a/d", "e"), add("/f", ["g"]));
    expect(apply(there.text, { op: "remove", path: "/f" }, { op: "remove", path: "/a/d" }).text).toBe("a:\r\n  b: c");
  });
});

describe("replaced values", () => {
  test("stand on the lines of the old ones", () => {
    const text = "a: 80 # http\nb: |\n  old\n  text\nc:\n- x: 1\n  y: 2\n";
    const operations: PatchOperation[] = [
      { op: "replace", path: "/a", value: 15020 },
      { op: "replace", path: "/b", value: "new" },
      { op: "replace", path: "/c/0/x", value: { z: [1] } },
    ];
    expect(apply(text, ...operations)).toEqual({
      text: "a: 15020 # http\nb: new\nc:\n- x:\n    z:\n    - 1\n  y: 2\n",
      notices: [],
    });
  });

  test("an operation that does not fit is an error, and says where", () => {
    expect(() => apply("a: 1\n", { op: "remove", path: "/b" })).toThrow("remove /b: no such member");
    expect(() => apply("a: 1\n", add("/a/b", "c"))).toThrow("/a/b");
  });
});
