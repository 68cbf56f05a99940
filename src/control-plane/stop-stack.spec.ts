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
