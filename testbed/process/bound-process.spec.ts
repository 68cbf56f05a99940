import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bindDirectory, killAndWait, spawnBound } from "./bound-process.ts";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-bound-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A process that owns a bound folder and a bound `sleep`, and the identity of that sleep. */
async function startOwner(path: string) {
  const module = JSON.stringify(join(import.meta.dirname, "bound-process.ts"));
  const program = `
    import { bindDirectory, spawnBound } from ${module};
    await bindDirectory(${JSON.stringify(path)});
    const child = spawnBound("sleep", ["60"], { stdio: "ignore" });
    setInterval(() => {}, 60000);
    setTimeout(() => console.log(child.pid), 200);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(owner.stdout, "data")) as [Buffer];
  const child = identify(Number(line.toString()));
  if (child === undefined) throw new Error("the bound process did not start");
  return { owner, child };
}

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "%s of the owner ends its processes and removes its folder",
  async (signal) => {
    const path = join(folder, "bound");
    mkdirSync(join(path, "deep"), { recursive: true });
    writeFileSync(join(path, "deep", "file"), "");
    const { owner, child } = await startOwner(path);
    expect({ alive: isAlive(child), exists: existsSync(path) }).toEqual({ alive: true, exists: true });
    owner.kill(signal);
    await once(owner, "exit");
    await expect.poll(() => [isAlive(child), existsSync(path)]).toEqual([false, false]);
  },
);

test("a bound process does not start when its owner is gone already", async () => {
  // Such a process would find that its parent is not the one that it was told; here it is told a wrong one.
  const started = join(folder, "started");
  const module = JSON.stringify(join(import.meta.dirname, "bound-process.ts"));
  const program = `
    const { spawnBound } = await import(${module});
    Object.defineProperty(process, "pid", { value: 1 });
    const child = spawnBound("touch", [${JSON.stringify(started)}], { stdio: "ignore" });
    child.ref();
    child.on("exit", (code) => console.log("ended with", code));`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await text(owner.stdout)).toBe("ended with 1\n");
  expect(existsSync(started)).toBe(false);
});

test("a bound folder is removed on request, and its remover ends", async () => {
  const path = join(folder, "bound");
  mkdirSync(path);
  const bound = await bindDirectory(path);
  await bound.remove();
  expect({ exists: existsSync(path), remover: isAlive(bound.remover) }).toEqual({ exists: false, remover: false });
});

test("a bound folder stays until its control groups can be removed", async () => {
  const path = join(folder, "bound");
  // A file stands for a process: a folder that holds one cannot be removed by rmdir(2) either.
  const group = join(folder, "group");
  mkdirSync(join(group, "system"), { recursive: true });
  writeFileSync(join(group, "system", "process"), "");
  mkdirSync(path);
  const bound = await bindDirectory(path, [group, join(folder, "never-made")]);
  const removed = bound.remove();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(existsSync(path)).toBe(true);
  rmSync(join(group, "system", "process"));
  await removed;
  expect([existsSync(group), existsSync(path)]).toEqual([false, false]);
});

test("a bound folder whose remover was killed is removed all the same", async () => {
  const path = join(folder, "bound");
  mkdirSync(path);
  const bound = await bindDirectory(path);
  process.kill(bound.remover.pid, "SIGKILL");
  await expect.poll(() => isAlive(bound.remover)).toBe(false);
  await bound.remove();
  expect(existsSync(path)).toBe(false);
});

test("killing waits for the end, and a second kill returns at once", async () => {
  const child = spawnBound("sleep", ["60"], { stdio: "ignore" });
  const identity = identify(child.pid as number) as ProcessIdentity;
  await killAndWait(child);
  expect(isAlive(identity)).toBe(false);
  await killAndWait(child);
});
