import { describe, expect, test } from "vitest";
import { ManifestError } from "./manifest-error.ts";
import { parseManifest } from "./parse.ts";

const values = (text: string) => parseManifest(text).documents.map(({ json }) => json);

function failure(text: string): ManifestError {
  try {
    parseManifest(text);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error("the text was read");
}

describe("YAML is read as kubectl reads it", () => {
  test("words and numbers of YAML 1.1, but times and base-60 numbers as text", () => {
    expect(values("[yes, Off, 0o17, 017, 0x1F, 1_000, 1e3, ~, 2001-01-01, 1:30, 190:20:30.15]\n")).toEqual([
      [true, false, "0o17", 15, 31, 1000, 1000, null, "2001-01-01", "1:30", "190:20:30.15"],
    ]);
  });

  test("merge keys and anchors are followed", () => {
    expect(values("base: &b {a: 1}\nother:\n  <<: *b\n  c: 2\n")).toEqual([{ base: { a: 1 }, other: { a: 1, c: 2 } }]);
  });

  test("documents that hold nothing do not count, and each other one knows its line", () => {
    const { documents } = parseManifest("# only a comment\n---\n---\na: 1\n---\n\n# c\nb: 2\n...\n");
    expect(documents.map(({ index, line, json }) => ({ index, line, json }))).toEqual([
      { index: 0, line: 4, json: { a: 1 } },
      { index: 1, line: 8, json: { b: 2 } },
    ]);
  });

  test("a member called __proto__ is data like any other", () => {
    const [value] = values('{"__proto__": {"x": 1}, "a": 2}\n') as [object];
    expect(Object.keys(value)).toEqual(["__proto__", "a"]);
    expect((value as { x?: number }).x).toBeUndefined();
  });
});

test("of a key that is repeated the last one counts, as for kubectl, and every repetition is known with its line", () => {
  const [document] = parseManifest("a: 1\nb: {c: 1, c: 2}\na: 3\n").documents;
  expect(document?.json).toEqual({ a: 3, b: { c: 2 } });
  expect(document?.repeated).toEqual([
    { key: "a", line: 3 },
    { key: "c", line: 2 },
  ]);
  expect(values('{"a": 1, "a": 2}')).toEqual([{ a: 2 }]);
});

describe("JSON", () => {
  test("is a stream of objects, with or without line breaks between", () => {
    const { format, documents } = parseManifest('{"a": 1}{"b": "}{"}\n\n {"c": "\\""}');
    expect(format).toBe("json");
    expect(documents.map(({ json, line }) => [json, line])).toEqual([
      [{ a: 1 }, 1],
      [{ b: "}{" }, 1],
      [{ c: '"' }, 3],
    ]);
  });

  test("with tabs is JSON, too", () => {
    expect(values('{\n\t"a": [\n\t\t1\n\t]\n}\n')).toEqual([{ a: [1] }]);
  });

  test("that is not quite JSON is flow-style YAML", () => {
    expect(parseManifest("{a: 1}\n").format).toBe("yaml");
  });
});

describe("text that is no manifest is refused with its place", () => {
  test.each([
    ["a tab for indentation", "a:\n\tb: 1\n", "bad-yaml", 2],
    ["an end that is missing", "a: [1, 2\nb: 3\n", "bad-yaml", 2],
  ])("%s", (_name, text, code, line) => {
    expect(failure(text)).toMatchObject({ code, line });
    expect(failure(text).message).toMatch(/^line \d+, column \d+: /);
  });

  test.each([
    ["a template", "a: 1\n---\nb: {{ .Values.b }}\n", "must be rendered first"],
    ["an alias of nothing", "a: 1\n---\nb: *nothing\n", "nothing"],
  ])("%s, by its document", (_name, text, part) => {
    expect(failure(text)).toMatchObject({ code: "bad-yaml", line: 3 });
    expect(failure(text).message).toContain(part);
  });

  test("aliases that stand for too much", () => {
    const level = (n: number) =>
      `l${n}: &l${n} [${Array(10)
        .fill(`*l${n - 1}`)
        .join(", ")}]`;
    const bomb = ["l0: &l0 x", ...Array.from({ length: 8 }, (_, n) => level(n + 1))].join("\n");
    expect(failure(bomb)).toMatchObject({ code: "too-many-aliases" });
  });

  test("brackets nested without end", () => {
    expect(failure(`a: ${"[".repeat(20_000)}`).code).toMatch(/^(too-deep|bad-yaml)$/);
  });

  test("more than 64 MiB", () => {
    expect(failure("#".repeat(64 * 1024 * 1024 + 1))).toMatchObject({ code: "too-large" });
  });
});
