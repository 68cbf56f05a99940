import { expect, test } from "vitest";
import { listenerCheck } from "./listener-check.ts";

test("the listener is asked again only after a while, so that probes do not add load", async () => {
  let now = 0;
  let asked = 0;
  const { problem } = listenerCheck(
    () => Promise.resolve(asked++ === 0 ? "not yet" : undefined),
    () => now,
  );
  expect(await Promise.all([problem(), problem()])).toEqual(["not yet", "not yet"]);
  now = 2_000;
  expect(await problem()).toBe("not yet");
  expect(asked).toBe(1);
  now = 2_001;
  expect(await problem()).toBeUndefined();
  expect(asked).toBe(2);
});
