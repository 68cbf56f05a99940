import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withFileLock } from "./file-lock.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-lock-"));
  path = join(folder, "locks", "some.lock");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("two holders come one after the other", async () => {
  const events: string[] = [];
  const hold = (name: string) =>
    withFileLock(
      path,
      () => {},
      async () => {
        events.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 50));
        events.push(`${name} out`);
      },
    );
  await Promise.all([hold("a"), hold("b")]);
  const first = events[0]?.[0];
  const second = first === "a" ? "b" : "a";
  expect(events).toEqual([`${first} in`, `${first} out`, `${second} in`, `${second} out`]);
});

test("the lock is free again after the action failed", async () => {
  const failing = withFileLock(
    path,
    () => {},
    () => Promise.reject(new Error("no")),
  );
  await expect(failing).rejects.toThrow("no");
  expect(await withFileLock(path, vi.fn(), async () => "held")).toBe("held");
});

test("the lock of a process that was killed is free, and who waits for it is told once", async () => {
  const module = JSON.stringify(join(import.meta.dirname, "file-lock.ts"));
  const program = `import { withFileLock } from ${module};
    await withFileLock(${JSON.stringify(path)}, () => {}, () => new Promise(() => { console.log("held"); setInterval(() => {}, 60000); }));`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  const onWait = vi.fn();
  const waiting = withFileLock(path, onWait, async () => "mine");
  await expect.poll(() => onWait.mock.calls.length).toBe(1);
  holder.kill("SIGKILL");
  expect(await waiting).toBe("mine");
});

test("a place where no lock file can be is an error that names it", async () => {
  const action = vi.fn();
  await expect(withFileLock("/proc/outrigger.lock", vi.fn(), action)).rejects.toThrow(
    "cannot lock /proc/outrigger.lock",
  );
  expect(action).not.toHaveBeenCalled();
});
