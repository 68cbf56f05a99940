import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfigurationFile } from "./file.ts";
import { MAXIMUM_FILE_BYTES } from "./from-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

describe("readConfigurationFile", () => {
  it("returns path and text", async () => {
    const path = await file("mesh.yaml", "meshName: café\n");
    expect(await readConfigurationFile(path)).toEqual({ path, text: "meshName: café\n" });
  });

  it("reads a file of exactly the greatest size, and not one byte more", async () => {
    const path = await file("large.yaml", "#".repeat(MAXIMUM_FILE_BYTES));
    expect((await readConfigurationFile(path)).text).toHaveLength(MAXIMUM_FILE_BYTES);
    await file("large.yaml", "#".repeat(MAXIMUM_FILE_BYTES + 1));
    await expect(readConfigurationFile(path)).rejects.toThrow(/large\.yaml:1:1: expected at most 1048576 bytes/);
  });

  it.each([
    ["is missing", "missing.yaml", /missing\.yaml.*but it does not exist/],
    ["is a folder", ".", /but it is a folder/],
  ])("refuses one that %s", async (_what, name, reason) => {
    await expect(readConfigurationFile(join(folder, name))).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(reason) as string,
    });
  });

  it("refuses one that is not UTF-8", async () => {
    const path = await file("latin1.yaml", new Uint8Array([0x6d, 0xe9]));
    await expect(readConfigurationFile(path)).rejects.toThrow(/expected a text in UTF-8/);
  });

  it("does not read a device to its end", async () => {
    await expect(readConfigurationFile("/dev/zero")).rejects.toThrow(/at most 1048576 bytes/);
  });
});
