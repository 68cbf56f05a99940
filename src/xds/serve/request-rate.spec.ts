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

test("what costs more takes more, or nothing when there is not enough", () => {
  const rate = new RequestRate(10, 1, 0);
  expect([rate.take(0, 8), rate.take(0, 3), rate.take(0, 2), rate.take(0, 0)]).toEqual([true, false, true, true]);
});

test("a bucket is full at first and again once its burst has come back", () => {
  const rate = new RequestRate(2, 1, 0);
  expect(rate.isFull(0)).toBe(true);
  rate.take(0, 2);
  expect([rate.isFull(0), rate.isFull(1_999), rate.isFull(2_000)]).toEqual([false, false, true]);
});
