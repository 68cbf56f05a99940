import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { TestbedError } from "../testbed-error.ts";

/**
 * Runs `action` while this process alone holds the lock on `path`; waits for as long as another holds it.
 *
 * The lock is flock(2), held by a child that ends when the pipe from this process does: the kernel frees it even after a
 * SIGKILL, so there are no stale locks to recognise. `onWait` is called once when somebody else holds the lock.
 */
export async function withFileLock<T>(path: string, onWait: () => void, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const holder = spawn("flock", ["--exclusive", path, "sh", "-c", "echo held; read -r _"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = setTimeout(onWait, 1_000);
  const ended = new Promise<void>((resolve) => {
    holder.once("exit", () => resolve());
    holder.once("error", () => resolve());
  });
  try {
    const held = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
    clearTimeout(waiting);
    if (!held) {
      throw new TestbedError("unavailable", `cannot lock ${path}: \`flock\` of util-linux is missing or failed`);
    }
    return await action();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
    await ended;
  }
}
