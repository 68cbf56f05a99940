import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installationFiles } from "../../scripts/installation/files.ts";

const root = join(import.meta.dirname, "../..");

test.each(installationFiles())("$path is up to date (node scripts/write-installation.ts)", async (file) => {
  expect(await readFile(join(root, file.path), "utf8")).toBe(file.text);
  const isExecutable = ((await stat(join(root, file.path))).mode & 0o100) !== 0;
  expect(isExecutable).toBe(file.executable === true);
});

test.each(["charts", "deploy"])("nothing else is left in %s", async (folder) => {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const found = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const written = installationFiles().map(({ path }) => join(root, path));
  expect(found.filter((path) => !written.includes(path))).toEqual([]);
});
