import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { olderNode } from "./older-node.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-nodes-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function nodeOf(version: string): string {
  const path = join(folder, version);
  mkdirSync(path);
  writeFileSync(join(path, "node"), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(path, "node"), 0o755);
  return path;
}

test("the first Node.js from 20 to 23 is taken", async () => {
  const path = [nodeOf("v24.1.0"), nodeOf("v18.0.0"), join(folder, "empty"), nodeOf("v20.20.2"), nodeOf("v22.1.0")];
  expect(await olderNode(path.join(delimiter))).toEqual({ folder: join(folder, "v20.20.2"), version: "v20.20.2" });
});

test("without one the error names what was found", async () => {
  await expect(olderNode(nodeOf("v24.1.0"))).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/no Node\.js 20 to 23 on PATH.*v24\.1\.0/),
  });
  await expect(olderNode("")).rejects.toThrow("found none");
});
