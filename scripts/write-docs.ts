// Writes the pages of docs/ that come out of the source: `node scripts/write-docs.ts`.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PAGES } from "./docs/pages.ts";

const root = join(import.meta.dirname, "..");
for (const { path, render } of PAGES) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), render());
  console.log(path);
}
