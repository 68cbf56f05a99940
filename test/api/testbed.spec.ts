import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { ClusterStatus } from "../../testbed/commands/status.ts";

const MAIN = join(import.meta.dirname, "../../testbed/main.ts");
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

// A cache of its own, so that the tests see all that the testbed leaves and nobody else's clusters.
let cache: string;
let assets: string;

beforeAll(() => {
  assets = mkdtempSync(join(tmpdir(), "outrigger-assets-"));
  cpSync(dirname(inject("cluster").kubectl), assets, { recursive: true });
  chmodSync(assets, 0o755);
  cache = mkdtempSync(join(tmpdir(), "outrigger-cache-"));
  if (isRoot) chownSync(cache, NOBODY, NOBODY);
});

afterAll(() => {
  rmSync(assets, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

/**
 * Without privileges: as a user who owns nothing, where that user may read this checkout, else as root without a single
 * capability. Who is not root already is a user without privileges.
 */
function unprivileged(): readonly string[] {
  if (!isRoot) return ["env"];
  const nobody = ["setpriv", "--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups", "--no-new-privs"];
  try {
    execFileSync("setpriv", [...nobody.slice(1), process.execPath, MAIN, "--help"], { stdio: "ignore" });
    return nobody;
  } catch {
    chownSync(cache, 0, 0);
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
  }
}

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: readonly string[]) {
  const [command = "env", ...prefix] = unprivileged();
  return spawn(command, [...prefix, process.execPath, MAIN, ...args], {
    env: { ...process.env, HOME: cache, XDG_CACHE_HOME: cache, KUBEBUILDER_ASSETS: assets },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function testbed(args: readonly string[], input = ""): Promise<Finished> {
  const child = start(...args);
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), stdout, stderr };
}

async function theCluster(): Promise<ClusterStatus> {
  const { stdout } = await testbed(["status", "--output", "json"]);
  const clusters = JSON.parse(stdout) as ClusterStatus[];
  expect(clusters).toHaveLength(1);
  return clusters[0] as ClusterStatus;
}

/** Command lines of processes that have to do with our cache. */
function processesLeft(): readonly string[] {
  const commandLines = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
  return commandLines.filter((line) => line.includes(cache) || line.includes(assets));
}

/** Files and folders left, but for the lock files, which stay on purpose. */
function filesLeft(): readonly string[] {
  return readdirSync(cache, { recursive: true, encoding: "utf8" }).filter((path) => /clusters\/./.test(path));
}

async function isListening(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Everything ends within a second or two of its owner; a busy machine may take longer. */
const GONE_SECONDS = 60;

/** Nothing is left, at most `seconds` later. */
async function expectNothingLeft(server: string | undefined, seconds = GONE_SECONDS): Promise<void> {
  const left = async () => {
    const ports = server !== undefined && (await isListening(server)) ? [server] : [];
    return [...processesLeft(), ...filesLeft(), ...ports];
  };
  await expect.poll(left, { timeout: seconds * 1_000, interval: 50 }).toEqual([]);
}

describe("up and down without privileges", () => {
  beforeEach(async () => {
    await testbed(["down"]);
  });

  test("a second up finds the first cluster, and down leaves no process, no file and no port", async () => {
    const first = await testbed(["up"]);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("default is up: https://127.0.0.1:") });
    const { server, state } = await theCluster();
    expect(state).toBe("ready");
    const second = await testbed(["up"]);
    expect(second.stdout).toContain(`default was up already: ${server}`);
    expect(await testbed(["down"])).toMatchObject({ code: 0, stdout: "default is down\n" });
    await expectNothingLeft(server, 0.2);
  });

  test("two ups at once start one cluster", async () => {
    const [one, other] = await Promise.all([testbed(["up"]), testbed(["up"])]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect([one.stdout, other.stdout].filter((text) => text.includes("was up already"))).toHaveLength(1);
    await testbed(["down"]);
  });

  test("SIGKILL of the supervisor takes everything with it", async () => {
    await testbed(["up"]);
    const { server, processes } = await theCluster();
    process.kill(processes.owner as number, "SIGKILL");
    await expectNothingLeft(server);
    expect((await testbed(["status"])).code).toBe(1);
  });

  test("death of etcd ends the cluster instead of leaving half of it", async () => {
    await testbed(["up"]);
    const { server, processes } = await theCluster();
    process.kill(processes.etcd as number, "SIGKILL");
    await expectNothingLeft(server);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    test(`${signal} during up leaves nothing`, async () => {
      const child = start("up");
      await once(child.stderr, "data");
      await expect
        .poll(() => filesLeft().some((path) => path.endsWith("kube-apiserver.log")), { timeout: 60_000 })
        .toBe(true);
      child.kill(signal);
      await once(child, "exit");
      await expectNothingLeft(undefined);
    });
  }

  test("exec and kubectl pass standard input, output and the exit code through", async () => {
    await testbed(["up"]);
    const manifest = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "from-stdin" } });
    expect(await testbed(["kubectl", "create", "-f", "-"], manifest)).toMatchObject({
      code: 0,
      stdout: "namespace/from-stdin created\n",
    });
    expect(await testbed(["kubectl", "create", "-f", "-"], manifest)).toMatchObject({ code: 1 });
    expect(await testbed(["exec", "sh", "-c", "kubectl get ns from-stdin -o name; cat; exit 7"], "input")).toEqual({
      code: 7,
      stdout: "namespace/from-stdin\ninput",
      stderr: "",
    });
    const { stdout } = await testbed(["kubeconfig"]);
    expect(readFileSync(stdout.trim(), "utf8")).toContain("certificate-authority-data");
    await testbed(["down"]);
  });
});

test.each([
  { args: ["up", "--tier", "node"], code: 3, says: "the node tier needs" },
  { args: ["up", "--tier", "full"], code: 2, says: "Allowed choices are api, node" },
  { args: ["restart", "--component", "kubelet", "--name", "absent"], code: 3, says: "does not run" },
  { args: ["restart", "--component", "initd"], code: 2, says: "Allowed choices are etcd" },
  { args: ["up", "--name", "../x"], code: 2, says: "is not usable" },
  { args: ["kubectl", "--name", "absent", "get", "ns"], code: 3, says: "npm run testbed -- up --name absent" },
  { args: ["exec"], code: 2, says: "missing required argument" },
  { args: ["nonsense"], code: 2, says: "unknown command" },
])("$args is answered with exit code $code", async ({ args, code, says }) => {
  const { code: actual, stdout, stderr } = await testbed(args);
  expect({ actual, stdout }).toEqual({ actual: code, stdout: "" });
  expect(stderr).toContain(says);
});

test("a cluster of a running program is not ended from the command line", async () => {
  const { kubeconfig, server } = inject("cluster");
  const name = basename(dirname(kubeconfig));
  const down = spawn(process.execPath, [MAIN, "down", "--name", name], { stdio: ["ignore", "ignore", "pipe"] });
  const [message, [code]] = await Promise.all([text(down.stderr), once(down, "exit")]);
  expect({ code, message }).toEqual({ code: 2, message: expect.stringContaining("which stops it when it ends") });
  expect(await isListening(server)).toBe(true);
});
