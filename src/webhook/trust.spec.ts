import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { comesTrue } from "../../test/comes-true.ts";
import { trustFromFile } from "./trust.ts";

const ONE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const TWO = `${ONE}-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n`;
let directory: string;
let path: string;
const abort = new AbortController();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "outrigger-test-"));
  path = join(directory, "trust.pem");
});
afterEach(() => rm(directory, { recursive: true }));

test("a bundle is read, and read again when it changes", async () => {
  await writeFile(path, ONE);
  const trust = await trustFromFile(path, abort.signal);
  expect(trust()).toEqual({ kind: "known", pem: ONE });
  await writeFile(path, TWO);
  await comesTrue(() => expect(trust()).toEqual({ kind: "known", pem: TWO }));
});

test("a change to something useless leaves the last bundle in use", async () => {
  await writeFile(path, ONE);
  const trust = await trustFromFile(path, abort.signal);
  await writeFile(path, "");
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(trust()).toEqual({ kind: "known", pem: ONE });
  await writeFile(path, TWO);
  await comesTrue(() => expect(trust()).toEqual({ kind: "known", pem: TWO }));
});

test.each([
  ["is not there", undefined, "unreadable"],
  ["holds no certificate", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "malformed"],
])("a file that %s is refused at the start", async (_what, text, code) => {
  if (text !== undefined) await writeFile(path, text);
  await expect(trustFromFile(path, abort.signal)).rejects.toMatchObject({ name: "TrustFileError", code });
});
