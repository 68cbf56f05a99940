import { expect, test } from "vitest";
import { RequestRate } from "./request-rate.ts";

test("a burst is allowed at once, then only so many a second", () => {
  const rate = new RequestRate(3, 2, 0);
  expect([1, 2, 3, 4].map(() => rate.take(0))).toEqual([true, true, true, false]);
  expect([rate.take(499), rate.take(500), rate.take(501)]).toEqual([false, true, false]);
});

test("quiet times do not add up to more than a burst", () => {
  const rate = new RequestRate(2, 10, 0);
  expect([1, 2, 3].map(() => rate.take(3_600_000))).toEqual([true, true, false]);
});
