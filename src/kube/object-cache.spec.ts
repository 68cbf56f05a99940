import { expect, test } from "vitest";
import { ObjectCache } from "./object-cache.ts";

function cacheOf(...names: string[]): ObjectCache<string> {
  const cache = new ObjectCache<string>();
  cache.replace(names.map((name) => ({ namespace: "shop", name, value: name })));
  return cache;
}

test("a list is in the order of names and stays the same until something changes", () => {
  const cache = cacheOf("b", "a");
  const list = cache.list("shop");
  expect(list).toEqual(["a", "b"]);
  expect(cache.list("shop")).toBe(list);
  cache.set({ namespace: "other", name: "z", value: "z" });
  expect(cache.list("shop")).toBe(list);
  cache.set({ namespace: "shop", name: "c", value: "c" });
  expect(cache.list("shop")).toEqual(["a", "b", "c"]);
});

test("what is deleted is gone, what was never there can be deleted", () => {
  const cache = cacheOf("a", "b");
  cache.delete("shop", "a");
  cache.delete("shop", "never");
  cache.delete("nowhere", "a");
  expect([cache.list("shop"), cache.get("shop", "a"), cache.size]).toEqual([["b"], undefined, 1]);
});

test("replacing forgets everything else", () => {
  const cache = cacheOf("a", "b");
  expect(cache.list("shop")).toHaveLength(2);
  cache.replace([{ namespace: "other", name: "c", value: "c" }]);
  expect([cache.list("shop"), cache.list("other"), cache.size]).toEqual([[], ["c"], 1]);
});

test("names of Object's own members are names like any other", () => {
  const cache = cacheOf("__proto__", "constructor");
  expect(cache.get("shop", "__proto__")).toBe("__proto__");
  expect(cache.get("shop", "toString")).toBeUndefined();
});
