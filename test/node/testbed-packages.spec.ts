import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { locations } from "../../testbed/locations.ts";
import { debianRoot } from "../../testbed/packages/debian-root.ts";

// The real apt and dpkg, on a repository of our own: no network is needed.
let folder: string;
let options: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-packages-"));
  const repository = join(folder, "repository");
  mkdirSync(repository);
  const stanzas = [
    debianPackage(repository, "tool", { "usr/bin/tool": "#!/bin/sh\n" }, "libtool-x"),
    // Debian's older packages ship files under /lib and not /usr/lib.
    debianPackage(repository, "libtool-x", { "lib/libtool.so": "library" }),
    debianPackage(repository, "unrelated", { "usr/bin/unrelated": "" }),
  ];
  writeFileSync(join(repository, "Packages"), stanzas.join("\n"));
  writeFileSync(join(folder, "sources.list"), `deb [trusted=yes] copy:${repository} ./\n`);
  mkdirSync(join(folder, "empty"));
  options = [`Dir::Etc::sourcelist=${folder}/sources.list`, `Dir::Etc::sourceparts=${folder}/empty`];
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(folder, "cache-"));
});

/** Writes a package into the repository; the text that the repository's index has for it. */
function debianPackage(
  repository: string,
  name: string,
  files: Readonly<Record<string, string>>,
  depends?: string,
): string {
  const root = mkdtempSync(join(folder, "package-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: path.includes("/bin/") ? 0o755 : 0o644 });
  }
  const control = [
    `Package: ${name}`,
    "Version: 1.0",
    "Architecture: all",
    "Maintainer: nobody <nobody@example.com>",
    `Description: ${name}`,
    ...(depends === undefined ? [] : [`Depends: ${depends}`]),
  ].join("\n");
  mkdirSync(join(root, "DEBIAN"));
  writeFileSync(join(root, "DEBIAN", "control"), `${control}\n`);
  const file = join(repository, `${name}_1.0_all.deb`);
  execFileSync("dpkg-deb", ["--build", "--root-owner-group", root, file], { stdio: "ignore" });
  const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
  return `${control}\nFilename: ./${name}_1.0_all.deb\nSize: ${statSync(file).size}\nSHA256: ${digest}\n`;
}

async function root(packages: readonly string[]) {
  const said: string[] = [];
  const where = locations({ XDG_CACHE_HOME: cache });
  const path = await debianRoot("test", packages, (line) => said.push(line), where, options);
  return { path, said };
}

test("a package comes with what it depends on and nothing else, below merged folders", async () => {
  const { path, said } = await root(["tool"]);
  expect(said).toEqual(["fetching Debian packages, once: tool"]);
  expect(readFileSync(join(path, "packages.txt"), "utf8")).toBe("libtool-x_1.0_all\ntool_1.0_all\n");
  expect(statSync(join(path, "bin/tool")).mode & 0o777).toBe(0o755);
  expect(lstatSync(join(path, "lib")).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(path, "usr/lib/libtool.so"), "utf8")).toBe("library");
});

test("what is there already is found without apt, whatever the order of the names", async () => {
  const first = await root(["tool", "unrelated"]);
  const second = await root(["unrelated", "tool"]);
  expect(second).toEqual({ path: first.path, said: [] });
});

test("two at once unpack once", async () => {
  const both = await Promise.all([root(["tool"]), root(["tool"])]);
  expect(both[0].path).toBe(both[1].path);
  expect(both.flatMap(({ said }) => said.filter((line) => line.startsWith("fetching")))).toHaveLength(1);
});

test("a package that does not exist is named, and nothing half made is left", async () => {
  await expect(root(["no-such-package"])).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("Unable to locate package no-such-package"),
  });
  expect(readdirSync(locations({ XDG_CACHE_HOME: cache }).packages)).toEqual(["apt"]);
});
