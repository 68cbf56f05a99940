import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logStream } from "./log-stream.ts";

let folder: string;
let file: string;
let descriptor: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-log-"));
  file = join(folder, "log");
  descriptor = openSync(file, "w");
});
afterEach(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

test("every line arrives, in order, when it is closed", async () => {
  const stream = logStream(descriptor);
  const lines = Array.from({ length: 1000 }, (_, number) => `{"line":${number}}\n`);
  for (const line of lines) stream.write(line);
  await stream.close();
  expect(readFileSync(file, "utf8")).toBe(lines.join(""));
});

test("few lines are written after a moment, without more of them", async () => {
  const stream = logStream(descriptor);
  stream.write("alone\n");
  expect(readFileSync(file, "utf8")).toBe("");
  await expect.poll(() => readFileSync(file, "utf8")).toBe("alone\n");
  await stream.close();
});

test("more than the backlog is dropped whole lines at a time, and their number is told", async () => {
  const stream = logStream(descriptor);
  const line = `${"x".repeat(65_535)}\n`;
  // in one go: nothing can be written in between but what was begun by the first line
  for (let count = 0; count < 20; count++) stream.write(line);
  await wait(300);
  await stream.close();
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const told = JSON.parse(lines.pop() ?? "") as { dropped: number; level: string };
  expect(lines.every((written) => written.length === 65_535)).toBe(true);
  expect(told).toMatchObject({ level: "warn", dropped: 20 - lines.length });
  expect(lines).toHaveLength(17);
});

test("a full disk neither throws nor stops later lines", async () => {
  const full = openSync("/dev/full", "w");
  const stream = logStream(full);
  stream.write("lost\n".repeat(1000));
  await wait(50);
  stream.write("lost too\n");
  await stream.close();
  closeSync(full);
});
