import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { olderNode } from "../../testbed/run/older-node.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/outrigger.js");
const RUNTIME = `node-linux-${process.arch}`;

// Stands for the program: says who runs it, and ends as its first argument asks.
const PROGRAM = `
const [, , what, ...rest] = process.argv;
if (what === "exit") process.exitCode = Number(rest[0]);
if (what === "cat") process.stdin.pipe(process.stdout);
if (what === "die") process.kill(process.pid, rest[0]);
if (what === "wait") {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => { console.log("got " + signal); clearInterval(waiting); });
  }
  const waiting = setInterval(() => {}, 60000);
}
// Last: who reads this line may send a signal at once.
console.log(JSON.stringify({ major: Number(process.versions.node.split(".")[0]), pid: process.pid, flags: process.execArgv, rest }));`;

let older: string;
let folder: string;
let launcher: string;

beforeAll(async () => {
  older = join((await olderNode()).folder, "node");
});

beforeEach(() => {
  // As npm lays it out: the runtime is hoisted beside the package.
  folder = mkdtempSync(join(tmpdir(), "outrigger-launcher-"));
  const home = join(folder, "node_modules/outrigger");
  mkdirSync(join(home, "dist/cli"), { recursive: true });
  writeFileSync(join(home, "package.json"), '{"type":"module"}');
  writeFileSync(join(home, "dist/cli/main.js"), PROGRAM);
  launcher = join(home, "bin/outrigger.js");
  cpSync(LAUNCHER, launcher);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function installRuntime(): void {
  const found = dirname(createRequire(import.meta.url).resolve(`${RUNTIME}/package.json`));
  symlinkSync(found, join(folder, "node_modules", RUNTIME));
}

function installBrokenRuntime(script: string): void {
  const bin = join(folder, "node_modules", RUNTIME, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), script);
  chmodSync(join(bin, "node"), 0o755);
}

function start(node: string, ...args: readonly string[]) {
  const child = spawn(node, [launcher, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const finished = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([stdout, stderr, [code, signal]]) => ({
      stdout,
      stderr,
      code: code as number | null,
      signal: signal as string | null,
    }),
  );
  return { child, finished };
}

async function launch(node: string, ...args: readonly string[]) {
  const { child, finished } = start(node, ...args);
  child.stdin.end("from stdin\n");
  return { pid: child.pid, ...(await finished) };
}

test("an older Node.js goes on with the packaged one, with the same arguments", async () => {
  installRuntime();
  const { stdout, stderr, code } = await launch(older, "exit", "0", "a b", "--x", "$HOME");
  expect(JSON.parse(stdout)).toMatchObject({ major: 24, rest: ["0", "a b", "--x", "$HOME"] });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
});

test("a Node.js that is new enough runs the program in the same process", async () => {
  const { pid, stdout, code } = await launch(process.execPath, "exit", "7");
  expect(JSON.parse(stdout)).toMatchObject({ major: 24, pid });
  expect(code).toBe(7);
});

describe("what V8 is told of a server's memory", () => {
  const FLAG = "--max-semi-space-size=16";

  test.each(["webhook", "control-plane"])(
    "%s has the same young generation on every machine, in the process that was started",
    async (server) => {
      const { pid, stdout, stderr, code } = await launch(process.execPath, server, "a b", "--x");
      expect(JSON.parse(stdout)).toEqual({ major: 24, pid, flags: [FLAG], rest: ["a b", "--x"] });
      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    },
  );

  test("also when an older Node.js was started", async () => {
    installRuntime();
    expect(JSON.parse((await launch(older, "webhook")).stdout)).toMatchObject({ major: 24, flags: [FLAG] });
  });

  test("who decides otherwise is heard, and a command that ends soon is not started twice", async () => {
    vi.stubEnv("NODE_OPTIONS", "--max-semi-space-size=32");
    expect(JSON.parse((await launch(process.execPath, "webhook")).stdout)).toMatchObject({ flags: [] });
    vi.unstubAllEnvs();
    expect(JSON.parse((await launch(process.execPath, "exit", "0")).stdout)).toMatchObject({ flags: [] });
  });
});

test("exit codes and standard input pass through", async () => {
  installRuntime();
  expect(await launch(older, "exit", "3")).toMatchObject({ code: 3, signal: null });
  expect((await launch(older, "cat")).stdout).toContain("from stdin\n");
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s reaches the program once, and its own end decides",
  async (signal) => {
    installRuntime();
    const { child, finished } = start(older, "wait");
    await once(child.stdout, "data");
    child.kill(signal);
    const { stdout, code } = await finished;
    expect({ said: stdout.split("\n").filter((line) => line.startsWith("got ")), code }).toEqual({
      said: [`got ${signal}`],
      code: 0,
    });
  },
);

test.each(["SIGTERM", "SIGKILL"] as const)("a program that %s ended looks so from outside", async (signal) => {
  installRuntime();
  expect(await launch(older, "die", signal)).toMatchObject({ code: null, signal });
});

test("without a packaged Node.js the message says what was found and what to do", async () => {
  const { code, stdout, stderr } = await launch(older, "exit", "0");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^outrigger: needs Node.js 24 or newer; found v2[0-3]\..*\nInstall Node.js 24 or newer/);
});

test("a packaged Node.js whose interpreter this system lacks gives the same message", async () => {
  installBrokenRuntime("#!/lib/ld-of-another-libc.so\n");
  const { code, stderr } = await launch(older, "exit", "0");
  expect(code).toBe(2);
  expect(stderr).toMatch(/needs Node.js 24 or newer; found v2[0-3]\..*cannot be started \(ENOENT\)/);
});

test("a packaged Node.js that the loader rejects gives the same message", async () => {
  installBrokenRuntime("#!/bin/sh\nexit 127\n");
  const { code, stderr } = await launch(older, "exit", "0");
  expect(code).toBe(2);
  expect(stderr).toMatch(/needs Node.js 24 or newer; .*cannot run on this system/);
});
