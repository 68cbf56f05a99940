import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("waiting doubles up to the maximum and starts again after a success", () => {
  const backoff = new Backoff(100, 1_000, () => 0);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test("chance shortens waiting by at most half, so that many clients do not come back at once", () => {
  expect(new Backoff(100, 1_000, () => 0.999999).next()).toBeCloseTo(50, 0);
});
