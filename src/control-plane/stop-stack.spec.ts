import { expect, test } from "vitest";
import { StopStack } from "./stop-stack.ts";

test("what was started last is stopped first, one after the other, and once", async () => {
  const stops = new StopStack();
  const stopped: string[] = [];
  for (const part of ["caches", "server", "leader"]) {
    stops.push(async () => {
      await Promise.resolve();
      stopped.push(part);
    });
  }
  await Promise.all([stops.stop(), stops.stop()]);
  await stops.stop();
  expect(stopped).toEqual(["leader", "server", "caches"]);
});

test("one that fails to stop does not keep the others running, and is reported", async () => {
  const stops = new StopStack();
  const stopped: string[] = [];
  stops.push(() => void stopped.push("first"));
  stops.push(() => Promise.reject(new Error("it hangs")));
  stops.push(() => void stopped.push("last"));
  await expect(stops.stop()).rejects.toThrow("it hangs");
  expect(stopped).toEqual(["last", "first"]);
});

test("a part's signal is aborted in its turn, and its end is waited for", async () => {
  const stops = new StopStack();
  const stopped: string[] = [];
  const later = Promise.withResolvers<void>();
  stops.push(() => void stopped.push("first"));
  await stops.start(
    (signal) => {
      signal.addEventListener("abort", () => {
        stopped.push("told");
        setImmediate(() => {
          stopped.push("ended");
          later.resolve();
        });
      });
      return { ended: later.promise };
    },
    ({ ended }) => ended,
  );
  stops.push(() => void stopped.push("last"));
  await stops.stop();
  expect(stopped).toEqual(["last", "told", "ended", "first"]);
});

test("a part that fails to start is told to end", async () => {
  const stops = new StopStack();
  let told: AbortSignal | undefined;
  const failing = stops.start((signal) => {
    told = signal;
    throw new Error("no such port");
  });
  await expect(failing).rejects.toThrow("no such port");
  await stops.stop();
  expect(told?.aborted).toBe(true);
});
