import { beforeEach, describe, expect, test } from "vitest";
import { type CacheChange, ObjectCache } from "./object-cache.ts";
import { partOf, type Watched } from "./watched.ts";

interface Whole {
  readonly facts: { readonly port: number };
  readonly state: string;
}

let cache: ObjectCache<Whole>;
let tell: (change: CacheChange<Whole>) => void;
let part: Watched<Whole["facts"]>;
let heard: unknown[];

beforeEach(() => {
  cache = new ObjectCache();
  tell = () => undefined;
  const whole: Watched<Whole> = {
    cache,
    onChange(listener) {
      tell = listener;
    },
    resource: { name: "nodes", path: "/nodes", content: "whole", presence: "always", project: () => undefined },
    synced: Promise.resolve(),
    isSynced: false,
    problem: "not listed yet",
    age: 3,
  };
  part = partOf(whole, ({ facts }) => facts);
  heard = [];
  part.onChange((change) => void heard.push(change), new AbortController().signal);
});

function put(name: string, port: number, state = "new"): void {
  const change = cache.set({ namespace: "shop", name, value: { facts: { port }, state } });
  if (change !== undefined) tell(change);
}

describe("a part of what is watched", () => {
  test("has what the whole has, in its order, and is asked about as the whole", () => {
    put("web", 80);
    put("api", 81);
    expect(part.cache.list("shop")).toEqual([{ port: 81 }, { port: 80 }]);
    expect([...part.cache.all()]).toEqual([{ port: 80 }, { port: 81 }]);
    expect([part.cache.get("shop", "web"), part.cache.get("shop", "db")]).toEqual([{ port: 80 }, undefined]);
    expect(part).toMatchObject({ isSynced: false, problem: "not listed yet", age: 3, resource: { name: "nodes" } });
  });

  test("tells of what came, what became another, and what is gone", () => {
    put("web", 80);
    put("web", 81);
    const gone = cache.delete("shop", "web");
    if (gone !== undefined) tell(gone);
    const place = { namespace: "shop", name: "web" };
    expect(heard).toEqual([
      { ...place, before: undefined, after: { port: 80 } },
      { ...place, before: { port: 80 }, after: { port: 81 } },
      { ...place, before: { port: 81 }, after: undefined },
    ]);
  });

  test("says nothing of a change of the rest", () => {
    put("web", 80);
    put("web", 80, "ready");
    expect(heard).toHaveLength(1);
  });

  test("gives the same list until something changes", () => {
    put("web", 80);
    const list = part.cache.list("shop");
    expect(part.cache.list("shop")).toBe(list);
    put("web", 81);
    expect(part.cache.list("shop")).toEqual([{ port: 81 }]);
    expect(part.cache.list("elsewhere")).toEqual([]);
  });

  test("counts versions as the whole does", () => {
    const before = part.cache.version;
    put("web", 80);
    expect(part.cache.version).not.toBe(before);
  });
});
