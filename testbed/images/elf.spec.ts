import { execFileSync } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedObjects } from "./elf.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elf-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** The first bytes of this Node.js, which has its headers but not what they point to. */
async function startOfNode(length: number): Promise<Buffer> {
  const file = await open(process.execPath);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
  await file.close();
  return buffer;
}

describe("sharedObjects", () => {
  it("finds the loader and the libraries that the loader itself lists", async () => {
    const { interpreter, needed } = (await sharedObjects(process.execPath)) ?? {};
    expect(interpreter).toMatch(/^\/lib(64)?\/ld-linux-[\w-]+\.so\.\d$/);
    const listed = execFileSync(interpreter ?? "", ["--list", process.execPath], { encoding: "utf8" });
    expect(needed).toContain("libc.so.6");
    for (const library of needed ?? []) expect(listed).toContain(library);
  });

  it("says of a library that it has no loader of its own", async () => {
    const { interpreter } = (await sharedObjects(process.execPath)) ?? {};
    expect(await sharedObjects(interpreter ?? "")).toEqual({ interpreter: undefined, needed: [] });
  });

  it("takes everything else for what it is", async () => {
    await writeFile(join(folder, "script"), `#!/bin/sh\n${"# a comment\n".repeat(10)}`);
    await writeFile(join(folder, "short"), "\x7fELF");
    expect(await sharedObjects(join(folder, "script"))).toBeUndefined();
    expect(await sharedObjects(join(folder, "short"))).toBeUndefined();
  });

  it("refuses a program for other processors", async () => {
    const start = await startOfNode(4_096);
    start[4] = 1;
    await writeFile(join(folder, "of-32-bits"), start);
    await expect(sharedObjects(join(folder, "of-32-bits"))).rejects.toThrow("not a 64-bit little-endian one");
  });

  it("refuses a program that was cut off", async () => {
    await writeFile(join(folder, "cut"), await startOfNode(100));
    await expect(sharedObjects(join(folder, "cut"))).rejects.toThrow("ends within its program headers");
  });
});
