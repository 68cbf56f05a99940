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

test("a value that does not fit is made again and takes the place of the last one", () => {
  const cache = new RecentValues<{ readonly text: string }>();
  const get = (text: string) =>
    cache.get(
      "a",
      () => ({ text }),
      (value) => value.text.length,
      (value) => value.text === text,
    );
  const first = get("x");
  expect(get("x")).toBe(first);
  expect(get("y")).toEqual({ text: "y" });
  expect(get("x")).not.toBe(first);
});

test("values that take each other's place do not add up", () => {
  const cache = new RecentValues<string>();
  const large = "x".repeat(60_000);
  const replace = (key: string) =>
    cache.get(
      key,
      () => large,
      (value) => value.length,
      () => false,
    );
  const once = cache.get(
    "kept",
    () => "value",
    () => 5,
  );
  for (let index = 0; index < 200; index++) replace("replaced");
  expect(
    cache.get(
      "kept",
      () => "made again",
      () => 5,
    ),
  ).toBe(once);
});
