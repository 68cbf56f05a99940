import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";

let abort: AbortController;
let running: Promise<void>;
let failures: string[];

beforeEach(() => {
  vi.useFakeTimers();
  abort = new AbortController();
  running = Promise.resolve();
  failures = [];
});
afterEach(async () => {
  abort.abort();
  await running;
  vi.useRealTimers();
});

function start(handle: WorkQueueOptions["handle"], workers = 1): WorkQueue {
  const queue = new WorkQueue({
    handle,
    workers,
    failed: (key, error) => failures.push(`${key}: ${(error as Error).message}`),
    random: () => 0,
    limits: { backoffMin: 100, backoffMax: 400 },
  });
  running = queue.start(abort.signal);
  return queue;
}

test("a key that is added often before its turn is handled once", async () => {
  const seen: string[] = [];
  const queue = start(async (key) => void seen.push(key) as undefined);
  for (const key of ["a", "b", "a", "a"]) queue.add(key);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["a", "b"]);
  expect(queue.size).toBe(0);
});

test("a key that is added while it is handled is handled again, and never twice at once", async () => {
  let now = 0;
  let most = 0;
  let times = 0;
  const queue = start(async (key) => {
    now += 1;
    most = Math.max(most, now);
    times += 1;
    if (times === 1) queue.add(key);
    await Promise.resolve();
    now -= 1;
    return undefined;
  });
  queue.add("a");
  await vi.advanceTimersByTimeAsync(0);
  expect([times, most]).toEqual([2, 1]);
});

test("a key comes again after the time that its handler asked for, or sooner when it is added", async () => {
  const seen: number[] = [];
  const queue = start(async () => {
    seen.push(Date.now());
    return seen.length < 3 ? 1_000 : undefined;
  });
  const begun = Date.now();
  queue.add("a");
  await vi.advanceTimersByTimeAsync(1_000);
  expect(seen.map((time) => time - begun)).toEqual([0, 1_000]);
  await vi.advanceTimersByTimeAsync(300);
  queue.add("a");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(seen.map((time) => time - begun)).toEqual([0, 1_000, 1_300]);
});

test("a key that fails is tried ever more slowly, however often it is added, and others are not held up", async () => {
  const seen: string[] = [];
  const queue = start(async (key) => {
    seen.push(key);
    if (key === "bad") throw new Error("no answer");
    return undefined;
  });
  queue.add("bad");
  await vi.advanceTimersByTimeAsync(0);
  queue.add("bad");
  queue.add("good");
  await vi.advanceTimersByTimeAsync(99);
  expect(seen).toEqual(["bad", "good"]);
  await vi.advanceTimersByTimeAsync(1);
  await vi.advanceTimersByTimeAsync(200);
  await vi.advanceTimersByTimeAsync(400);
  await vi.advanceTimersByTimeAsync(400);
  expect(seen.filter((key) => key === "bad")).toHaveLength(5);
  expect(failures[0]).toBe("bad: no answer");
});

test("a success makes the next failure a first one", async () => {
  const outcomes = ["fail", "fail", "work", "fail", "work"];
  const times: number[] = [];
  const begun = Date.now();
  const queue = start(async () => {
    times.push(Date.now() - begun);
    if (outcomes.shift() === "fail") throw new Error("no");
    return 10;
  });
  queue.add("a");
  await vi.advanceTimersByTimeAsync(450);
  expect(times.slice(0, 5)).toEqual([0, 100, 300, 310, 410]);
});

test("several workers do not wait for each other", async () => {
  const seen: string[] = [];
  const { promise: slow, resolve } = Promise.withResolvers<void>();
  const queue = start(async (key) => {
    if (key === "slow") await slow;
    seen.push(key);
    return undefined;
  }, 2);
  for (const key of ["slow", "a", "b"]) queue.add(key);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["a", "b"]);
  resolve();
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["a", "b", "slow"]);
});

test("the signal ends it, with nothing left to run", async () => {
  const queue = start(async () => 1_000);
  queue.add("a");
  await vi.advanceTimersByTimeAsync(0);
  abort.abort();
  await running;
  expect([queue.size, vi.getTimerCount()]).toEqual([0, 0]);
});

test("whatever is added in whatever order, each key is handled after its last addition", async () => {
  vi.useRealTimers();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.boolean()), { maxLength: 30 }),
      async (workers, steps) => {
        const level = new Map<string, number>();
        const handled = new Map<string, number>();
        const ending = new AbortController();
        const busy = new Set<string>();
        const problems: unknown[] = [];
        const queue = new WorkQueue({
          workers,
          async handle(key) {
            expect(busy.has(key)).toBe(false);
            busy.add(key);
            const seen = level.get(key) ?? 0;
            await Promise.resolve();
            handled.set(key, seen);
            busy.delete(key);
            return undefined;
          },
          failed: (_key, error) => problems.push(error),
        });
        const done = queue.start(ending.signal);
        for (const [key, pause] of steps) {
          level.set(key, (level.get(key) ?? 0) + 1);
          queue.add(key);
          if (pause) await Promise.resolve();
        }
        while (queue.size > 0) await new Promise(setImmediate);
        await new Promise(setImmediate);
        ending.abort();
        await done;
        expect(problems).toEqual([]);
        expect(handled).toEqual(level);
      },
    ),
    { numRuns: 200 },
  );
});
