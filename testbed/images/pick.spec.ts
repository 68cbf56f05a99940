import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sharedObjects } from "./elf.ts";
import { pick, pickLibrariesOf } from "./pick.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pick-"));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function file(path: string, content = path): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const pathsOf = (entries: readonly { readonly path: string }[]) => entries.map(({ path }) => path).sort();

/** A root that has a real program and, as empty files, all that it names. */
async function rootWithNode(): Promise<readonly string[]> {
  const { interpreter = "", needed = [] } = (await sharedObjects(process.execPath)) ?? {};
  await file("/usr/bin/other");
  await copyFile(process.execPath, join(root, "usr/bin/node"));
  await file(`/usr${interpreter}`);
  await symlink("usr/lib", join(root, "lib"));
  await symlink("usr/lib64", join(root, "lib64"));
  const libraries = needed
    .filter((name) => !interpreter.endsWith(name))
    .map((name) => `/usr/lib/x86_64-linux-gnu/${name}`);
  for (const library of libraries) await file(library);
  return [...libraries, `/usr${interpreter}`];
}

describe("pick", () => {
  it("takes a folder with all that it holds, and nothing beside it", async () => {
    await file("/etc/app/a");
    await file("/etc/app/deep/b");
    await file("/etc/other");
    expect(pathsOf(await pick(root, ["/etc/app"]))).toEqual([
      "/etc/app",
      "/etc/app/a",
      "/etc/app/deep",
      "/etc/app/deep/b",
    ]);
  });

  it("takes a link with what it leads to, within the root", async () => {
    await file("/usr/sbin/program-1.2");
    await symlink("/usr/sbin/program-1.2", join(root, "usr/sbin/program-1"));
    await symlink("program-1", join(root, "usr/sbin/program"));
    expect(pathsOf(await pick(root, ["/usr/sbin/program"]))).toEqual([
      "/usr/sbin/program",
      "/usr/sbin/program-1",
      "/usr/sbin/program-1.2",
    ]);
  });

  it("takes a program with its loader and libraries", async () => {
    const libraries = await rootWithNode();
    expect(pathsOf(await pick(root, ["/usr/bin/node"]))).toEqual(["/usr/bin/node", ...libraries].sort());
    expect(pathsOf(await pickLibrariesOf(root, process.execPath))).toEqual([...libraries].sort());
  });

  it("puts what an older package has under /lib where an installed system has it", async () => {
    await file("/lib/modules/list");
    expect(pathsOf(await pick(root, ["/lib/modules"]))).toEqual(["/usr/lib/modules", "/usr/lib/modules/list"]);
  });

  it("says what is missing and who asked for it", async () => {
    await expect(pick(root, ["/usr/bin/gone"])).rejects.toThrow("there is no /usr/bin/gone in");
    const [library = ""] = await rootWithNode();
    await rm(join(root, library));
    await expect(pick(root, ["/usr/bin/node"])).rejects.toThrow(
      `/usr/bin/node needs ${library.slice(library.lastIndexOf("/") + 1)}, which no library folder`,
    );
  });

  it("does not follow a circle of links for ever", async () => {
    await symlink("b", join(root, "a"));
    await symlink("a", join(root, "b"));
    await expect(pick(root, ["/a"])).rejects.toThrow("circle");
    await expect(pick(root, ["/a/below"])).rejects.toThrow("circle");
  });
});
