import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../testbed/process/free-port.ts";
import { comesTrue } from "../comes-true.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const WORDS = "webhook --listen 127.0.0.1:0 --offline --mesh-name test --metrics-listen".split(" ");

let folder: string;
let metrics: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  metrics = `127.0.0.1:${await freePort()}`;
  folder = mkdtempSync(join(tmpdir(), "outrigger-signals-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** A webhook in a process of its own, with its temporary files in `folder`, once it has said where they are. */
async function started(): Promise<ChildProcess> {
  const env = { PATH: process.env["PATH"], TMPDIR: folder };
  child = spawn(process.execPath, [MAIN, ...WORDS, metrics], { env, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface(child.stderr as Readable)) {
    if (line.startsWith("outrigger: try it")) return child;
  }
  throw new Error("the webhook ended before it listened");
}

/** Until the first signal is heard: of two that are pending a process may hear the second one first. */
async function isLeaving(): Promise<void> {
  await comesTrue(async () => expect((await fetch(`http://${metrics}/readyz`)).status).toBe(503));
}

function left(): string[] {
  return readdirSync(folder).filter((name) => name.startsWith("outrigger-"));
}

test.each(["SIGINT", "SIGHUP"] as const)("%s ends it well, and leaves no file behind", async (signal) => {
  const webhook = await started();
  expect(left()).toHaveLength(1);
  webhook.kill(signal);
  expect(await once(webhook, "exit")).toEqual([0, null]);
  expect(left()).toEqual([]);
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s after SIGTERM ends it at once, and leaves no file behind either", async (second, code) => {
  const webhook = await started();
  webhook.kill("SIGTERM");
  await isLeaving();
  await wait(300);
  // it lingers, because an API server may still call
  expect([webhook.exitCode, left().length]).toEqual([null, 1]);
  webhook.kill(second);
  // had it gone on lingering, it would have ended with 0
  expect(await once(webhook, "exit")).toEqual([code, null]);
  expect(left()).toEqual([]);
});
