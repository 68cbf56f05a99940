import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

function page(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

test("docs/architecture.md has a line for every folder of src/, and for no other", () => {
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const lines = [...page("docs/architecture.md").matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, name]) => name);
  expect(new Set(lines)).toEqual(new Set(folders));
  expect(lines).toHaveLength(folders.length);
});

test("docs/decisions/README.md lists every decision once, by its title, in order", () => {
  const decisions = readdirSync(join(ROOT, "docs/decisions"))
    .filter((name) => /^\d{4}-/.test(name))
    .toSorted();
  const titles = decisions.map((name) => [name, /^# (.+)$/m.exec(page(`docs/decisions/${name}`))?.[1]]);
  const listed = [...page("docs/decisions/README.md").matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \|/gm)];
  expect(listed.map(([, title, name]) => [name, title])).toEqual(titles);
});

const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "testbed/README.md"].concat(
  ["docs", "docs/decisions"].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  ),
);

test.each(PAGES)("%s links to files that are there", (path) => {
  const links = [...page(path).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? "");
  expect(links.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
});
