import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withWriter } from "./cluster-options.ts";

let folder: string;
let kubeconfig: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-writer-"));
  kubeconfig = join(folder, "kubeconfig");
  const cluster = { server: "http://127.0.0.1:1" };
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: { token: "t" } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
});
afterAll(() => rm(folder, { recursive: true }));

const silent = { write: () => true };
const io = { stdin: Readable.from([]), stdout: silent, stderr: silent, environment: {} };

test.each(["SIGHUP", "SIGTERM"] as const)(
  "what %s interrupts is said in one sentence, with what to do",
  async (signal) => {
    const working = withWriter({ kubeconfig }, io, ({ signal: stopped }) => {
      setImmediate(() => process.emit(signal, signal));
      return new Promise((_, reject) => stopped.addEventListener("abort", () => reject(new Error("AbortError"))));
    });
    await expect(working).rejects.toMatchObject({
      name: "CommandError",
      code: "refused",
      message: `interrupted by ${signal}; what was done stays: run it again, and it goes on there`,
    });
  },
);

test("what fails by itself stays what it is, and what is done comes back", async () => {
  const failure = new Error("mine");
  await expect(withWriter({ kubeconfig }, io, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await withWriter({ kubeconfig }, io, () => Promise.resolve(7))).toBe(7);
});
