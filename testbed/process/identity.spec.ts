import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identify, isAlive, ownIdentity, waitUntilGone } from "./identity.ts";

test("this process is alive under its own identity", () => {
  expect(ownIdentity().pid).toBe(process.pid);
  expect(isAlive(ownIdentity())).toBe(true);
});

test("another process that got the same number is not taken for the first", () => {
  expect(isAlive({ ...ownIdentity(), startTime: "1" })).toBe(false);
});

test("a command with brackets and spaces in its name is identified", async () => {
  const child = spawn("bash", ["-c", "printf '%s' 'a) R (b' > /proc/self/comm; echo named; read"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  expect(identify(child.pid as number)?.startTime).toMatch(/^\d{2,}$/);
  child.stdin.end();
  await once(child, "exit");
});

test("a process that ended is gone, though nobody has collected it yet", async () => {
  // The shell becomes `sleep`, which never collects the child that the shell left.
  const parent = spawn("bash", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  await expect.poll(() => identify(Number(line.toString()))).toBeUndefined();
  parent.kill("SIGKILL");
  await once(parent, "exit");
  expect(identify(parent.pid as number)).toBeUndefined();
});

test("waiting for a process ends with it, and gives up at the limit", async () => {
  const child = spawn("sleep", ["60"]);
  const identity = identify(child.pid as number);
  if (identity === undefined) throw new Error("sleep did not start");
  expect(await waitUntilGone([identity], 50)).toBe(false);
  child.kill("SIGKILL");
  expect(await waitUntilGone([identity], 60_000)).toBe(true);
});
