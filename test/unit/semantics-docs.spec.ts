import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/semantics.md"), "utf8");

/** A section of the page with its number. */
interface Row {
  readonly number: number;
  readonly title: string;
  readonly text: string;
}

const [, ...sections] = PAGE.split(/^#{2,3} (?=.)/m);
const ROWS: readonly Row[] = sections.flatMap((section) => {
  const [, number, title] = /^(\d+)\. (.+)$/m.exec(section.split("\n")[0] ?? "") ?? [];
  return number === undefined ? [] : [{ number: Number(number), title: title ?? "", text: section }];
});

/** What is named after "Shown by:", anywhere on the page. */
const NAMED = PAGE.split("\n").flatMap(shownBy);

function shownBy(line: string): readonly (readonly [file: string, name: string])[] {
  return line.startsWith("Shown by: ") ? testsOf(line) : [];
}

/** A file in code, then its tests in quotation marks, and the next file. */
function testsOf(line: string): readonly (readonly [file: string, name: string])[] {
  const parts = [...line.matchAll(/`([^`]+)`|"([^"]+)"/g)];
  return parts.flatMap(([, , name], index) => {
    const file = parts.slice(0, index).findLast(([, found]) => found !== undefined)?.[1];
    return name === undefined || file === undefined ? [] : [[file, name] as const];
  });
}

/** Names of tests, groups of tests and rows of tables in a file, as they are written; of golden files the inputs beside it. */
function titlesIn(file: string): ReadonlySet<string> {
  const path = join(ROOT, file);
  const source = readFileSync(path, "utf8");
  const written = source.matchAll(/(?:\b(?:test|it|describe)(?:\.\w+)*\(|\)\(|\babout: )\s*"((?:[^"\\]|\\.)*)"/g);
  const inputs = join(dirname(path), "testdata/in");
  const golden = file.endsWith(".golden.spec.ts") && existsSync(inputs) ? readdirSync(inputs) : [];
  return new Set([...[...written].map(([, title = ""]) => title), ...golden]);
}

describe("docs/semantics.md", () => {
  test("has every number from 1 to 55 once, in order, with a title", () => {
    expect(ROWS.map(({ number }) => number)).toEqual(Array.from({ length: 55 }, (_, index) => index + 1));
    expect(ROWS.filter(({ title }) => title === "")).toEqual([]);
  });

  test("says in every row what App Mesh did, what Outrigger does, and what shows it", () => {
    const parts = ["App Mesh: ", "Outrigger: ", "Shown by: "];
    const lacking = ROWS.flatMap(({ number, text }) => {
      const found = text.split("\n").flatMap((line) => parts.filter((part) => line.startsWith(part)));
      return found.join("") === parts.join("") ? [] : [number];
    });
    expect(lacking).toEqual([]);
  });

  test("names at least one test in each row", () => {
    const without = ROWS.filter(({ text }) => text.split("\n").flatMap(shownBy).length === 0);
    expect(without.map(({ number }) => number)).toEqual([]);
    expect(NAMED.length).toBeGreaterThan(100);
  });
});

test.each([...new Set(NAMED.map(([file]) => file))])("%s has each test that docs/semantics.md names", (file) => {
  expect(existsSync(join(ROOT, file)) ? file : `${file} is not there`).toBe(file);
  const titles = titlesIn(file);
  const names = NAMED.filter(([of]) => of === file).map(([, name]) => name);
  expect(names.filter((name) => !titles.has(name))).toEqual([]);
});

test("a test that is not there is found, so these can fail", () => {
  const [first] = testsOf('Shown by: `test/unit/semantics-docs.spec.ts` "a name of nobody"; `b.ts` "c", "d".');
  expect(testsOf('Shown by: `a.ts` "b"; `c.ts` "d", "e".')).toEqual([
    ["a.ts", "b"],
    ["c.ts", "d"],
    ["c.ts", "e"],
  ]);
  expect(titlesIn(first?.[0] ?? "").has("a name of nobody")).toBe(false);
  expect(titlesIn(first?.[0] ?? "").has("names at least one test in each row")).toBe(true);
});
