import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** `Class/code` of every error class under src/ that has codes: from the union, or the one literal, of its `code`. */
function declared(): string[] {
  return globSync("src/**/*.ts", { cwd: root })
    .filter((file) => !file.endsWith(".spec.ts"))
    .flatMap((file) => codesIn(readFileSync(join(root, file), "utf8")))
    .sort();
}

function codesIn(source: string): string[] {
  return [...source.matchAll(/class (\w+) extends Error \{([\s\S]*?)\n\}/g)].flatMap(([, name, body = ""]) => {
    const declaration = /readonly code(?:: ([^;]+)| = ([^;]+));/.exec(body);
    const text = declaration?.[1] ?? declaration?.[2] ?? "";
    const alias = /^\w+$/.test(text) ? (new RegExp(`type ${text} =([^;]+);`).exec(source)?.[1] ?? "") : text;
    return [...alias.matchAll(/"([^"]+)"/g)].map(([, code]) => `${name}/${code}`);
  });
}

function documented(): string[] {
  const page = readFileSync(join(root, "docs", "errors.md"), "utf8");
  return [...page.matchAll(/^\| `(\w+)` \| `([a-z0-9-]+)` \|/gm)].map(([, name, code]) => `${name}/${code}`).sort();
}

describe("docs/errors.md", () => {
  it("lists exactly the codes that the source has", () => {
    expect(declared().length).toBeGreaterThan(20);
    expect(documented()).toEqual(declared());
  });

  it("is held against codes of every form of declaration", () => {
    expect(codesIn('type C = "a" | "b";\nclass E extends Error {\n  readonly code: C;\n}')).toEqual(["E/a", "E/b"]);
    expect(codesIn('class F extends Error {\n  readonly code = "only";\n}')).toEqual(["F/only"]);
    expect(codesIn("class G extends Error {\n}")).toEqual([]);
  });
});
