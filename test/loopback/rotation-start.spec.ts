import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../testbed/process/free-port.ts";

/* The webhook as a process whose authority is in a cluster that does not answer yet. */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

let folder: string;
let webhook: ChildProcess;
let health: string;
let lines: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-rotation-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(await freePort())));
  const port = await freePort();
  health = `http://127.0.0.1:${port}`;
  lines = "";
  const addresses = ["--listen", "127.0.0.1:0", "--metrics-listen", `127.0.0.1:${port}`];
  const args = [MAIN, "webhook", "--webhook-certificate", "cluster", "--kubeconfig", kubeconfig, ...addresses];
  webhook = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  webhook.stderr?.on("data", (chunk: Buffer) => {
    lines += chunk.toString();
  });
  await expect.poll(() => get("/healthz")).toContain("200");
});

afterEach(async () => {
  webhook.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function get(path: string): Promise<string> {
  try {
    const answer = await fetch(`${health}${path}`);
    return `${answer.status} ${await answer.text()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function kubeconfigOf(port: number) {
  const named = (name: string, key: string, value: object) => ({ name, [key]: value });
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "away",
    clusters: [named("away", "cluster", { server: `https://127.0.0.1:${port}` })],
    users: [named("away", "user", {})],
    contexts: [named("away", "context", { cluster: "away", user: "away" })],
  };
}

test("it lives, is not ready, and says that it has no certificate and why", async () => {
  await expect.poll(() => get("/readyz")).toContain("there is no certificate yet: GET");
  const readiness = await get("/readyz");
  expect(readiness).toContain("503");
  expect(readiness).toContain("ECONNREFUSED");
  expect(readiness).toContain("[-] listener: it does not listen yet");
  expect(await get("/metrics")).toContain("outrigger_certificate_expiry_seconds 0");
  // said once, however often it is tried
  await expect.poll(() => lines).toContain("the authority cannot be kept up to date");
  expect(lines.split("the authority cannot be kept up to date")).toHaveLength(2);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends it well", async (signal) => {
  const ended = once(webhook, "exit");
  webhook.kill(signal);
  expect(await ended).toEqual([0, null]);
});
