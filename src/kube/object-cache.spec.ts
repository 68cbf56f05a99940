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

test("what a change changes is said, with what was before; the same value changes nothing", () => {
  const cache = cacheOf("a");
  expect(cache.set({ namespace: "shop", name: "a", value: "a" })).toBeUndefined();
  const changed = { namespace: "shop", name: "a", before: "a", after: "b" };
  expect(cache.set({ namespace: "shop", name: "a", value: "b" })).toEqual(changed);
  expect(cache.delete("shop", "a")).toEqual({ ...changed, before: "b", after: undefined });
  expect(cache.delete("shop", "a")).toBeUndefined();
});

test("a value that is nothing is there all the same", () => {
  const cache = new ObjectCache<undefined>();
  const nothing = { namespace: "shop", name: "a", value: undefined };
  const change = { namespace: "shop", name: "a", before: undefined, after: undefined };
  expect([cache.replace([nothing]), cache.replace([nothing]), cache.replace([])]).toEqual([[change], [], [change]]);
  expect([cache.set(nothing), cache.set(nothing), cache.size]).toEqual([change, undefined, 1]);
});
