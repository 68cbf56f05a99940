import { expect, test } from "vitest";
import { RecentValues } from "./recent-values.ts";

/** A cache of texts of one size, and the keys for which one had to be made. */
function counting(size: number) {
  const cache = new RecentValues<string>();
  const made: string[] = [];
  const get = (key: string) =>
    cache.get(
      key,
      () => {
        made.push(key);
        return key.padEnd(size, "x");
      },
      (value) => value.length,
    );
  return { get, made };
}

test("a value is made once for a key", () => {
  const { get, made } = counting(10);
  expect([get("a"), get("b"), get("a")]).toEqual(["axxxxxxxxx", "bxxxxxxxxx", "axxxxxxxxx"]);
  expect(made).toEqual(["a", "b"]);
});

test("what was not asked for the longest goes first when it is full", () => {
  const { get, made } = counting(65_000);
  const keys = Array.from({ length: 64 }, (_, index) => String(index));
  keys.forEach(get);
  get("0");
  get("one more");
  made.length = 0;
  get("0");
  get("2");
  expect(made).toEqual([]);
  get("1");
  expect(made).toEqual(["1"]);
});

test("something too long is not kept, and drives nothing out", () => {
  const { get, made } = counting(65_536);
  get("a");
  get("a");
  expect(made).toEqual(["a", "a"]);
  const exact = counting(65_535);
  exact.get("a");
  exact.get("a");
  expect(exact.made).toEqual(["a"]);
});
