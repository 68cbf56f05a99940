import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterEach, expect, test } from "vitest";
import type { RunningWebhook } from "../../src/webhook/start-webhook.ts";
import { call, NGINX, parsed, review } from "../webhook-harness.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const WORDS =
  "webhook --listen 127.0.0.1:0 --offline --mesh-name test --webhook-shutdown-seconds 1 --metrics-listen".split(" ");

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

/** A webhook in a process of its own, with the address that it logged. */
async function started(): Promise<{ process: ChildProcess; stderr: Readable; port: number }> {
  child = spawn(process.execPath, [MAIN, ...WORDS, ""], { stdio: ["ignore", "ignore", "pipe"] });
  const stderr = child.stderr as Readable;
  for await (const line of createInterface(stderr)) {
    if (!line.startsWith("{")) continue;
    const { address } = JSON.parse(line) as { address: { port: number } };
    return { process: child, stderr, port: address.port };
  }
  throw new Error("the webhook ended before it listened");
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "a log that nobody reads any more stops neither the answers nor %s",
  async (signal) => {
    const { process: webhook, stderr, port } = await started();
    stderr.destroy();
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    const address = { webhook: { address: { host: "127.0.0.1", port } } as RunningWebhook, agent };
    // enough for several writes
    for (let count = 0; count < 50; count++) {
      const answer = await call(address, JSON.stringify(review(NGINX)));
      expect(parsed(answer).response.patchType).toBe("JSONPatch");
    }
    agent.destroy();
    webhook.kill(signal);
    expect(await once(webhook, "exit")).toEqual([0, null]);
  },
);
