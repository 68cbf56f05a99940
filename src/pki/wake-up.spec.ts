import { expect, test } from "vitest";
import { WakeUp } from "./wake-up.ts";

const LONG = 30_000_000;
const never = new AbortController().signal;

test("a sleeper is woken", async () => {
  const wakeUp = new WakeUp();
  const sleep = wakeUp.sleep(LONG, never);
  wakeUp.wake();
  await sleep;
});

test("a call while nobody sleeps ends the next sleep, and only that one", async () => {
  const wakeUp = new WakeUp();
  wakeUp.wake();
  wakeUp.wake();
  await wakeUp.sleep(LONG, never);
  let isAwake = false;
  const sleep = wakeUp.sleep(LONG, never).then(() => {
    isAwake = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAwake).toBe(false);
  wakeUp.wake();
  await sleep;
});

test("it wakes by itself, at once when the time is past", async () => {
  const wakeUp = new WakeUp();
  await wakeUp.sleep(5, never);
  await wakeUp.sleep(-1_000, never);
});

test("the signal ends a sleep, and one that has not begun", async () => {
  const wakeUp = new WakeUp();
  const abort = new AbortController();
  const sleep = wakeUp.sleep(LONG, abort.signal);
  abort.abort();
  await sleep;
  await wakeUp.sleep(LONG, abort.signal);
});
