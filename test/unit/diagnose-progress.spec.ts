import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { progress } from "../../src/cli/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const output = { isTTY, write: (text: string) => written.push(text) };
  return { written, io: { stdin: Readable.from([]), stdout: output, stderr: output, environment: {} } };
}

test("nothing is shown of what takes less than a second", () => {
  const { written, io } = terminal(true);
  const waiting = progress(io, "reading");
  waiting.step("pods");
  vi.advanceTimersByTime(900);
  waiting.end();
  vi.advanceTimersByTime(10_000);
  expect(written).toEqual([]);
});

test("what takes longer is shown on one line, which goes away at the end", () => {
  const { written, io } = terminal(true);
  const waiting = progress(io, "reading");
  waiting.step("pods");
  vi.advanceTimersByTime(1_100);
  waiting.step("certificates");
  waiting.end();
  waiting.end();
  expect(written).toEqual(["\r\x1b[Kreading pods …", "\r\x1b[Kreading certificates …", "\r\x1b[K"]);
});

test("nothing is ever shown where standard error is no terminal", () => {
  const { written, io } = terminal(false);
  const waiting = progress(io, "reading");
  waiting.step("pods");
  vi.advanceTimersByTime(60_000);
  waiting.end();
  expect(written).toEqual([]);
});
