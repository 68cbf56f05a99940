import { beforeEach, expect, test } from "vitest";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Holding } from "../../xds/serve/streams.ts";
import { type CallablePods, callablePods } from "./callable-pods.ts";
import { WRITE_LIMITS } from "./limits.ts";

const POD = { namespace: "shop", name: "web" } as PodSummary;

let names: string[];
let held: Record<string, Holding>;
let asked: string[];
let time: number;
let isCallable: CallablePods;

beforeEach(() => {
  [names, held, asked, time] = [["one", "two"], {}, [], 0];
  isCallable = callablePods({
    application: { endpointsWith: () => names },
    proxies: {
      holding(name) {
        asked.push(name);
        return held[name] ?? "nobody";
      },
    },
    now: () => time,
  });
});

test.each<[Holding, Holding, boolean]>([
  ["all", "all", true],
  ["all", "nobody", true],
  ["all", "some", false],
  ["some", "nobody", false],
  // others than this replica's may call it
  ["nobody", "nobody", false],
])("a pod among endpoints that %s and %s have", (one, two, expected) => {
  held = { one, two };
  expect(isCallable(POD)).toBe(expected);
});

test("a pod among no endpoints is called by nobody", () => {
  names = [];
  expect(isCallable(POD)).toBe(false);
});

test("an answer counts for other pods for a moment", () => {
  held = { one: "all", two: "all" };
  expect([isCallable(POD), isCallable(POD)]).toEqual([true, true]);
  expect(asked).toEqual(["one", "two"]);
  held = { one: "some" };
  time = WRITE_LIMITS.gateAnswer;
  expect(isCallable(POD)).toBe(false);
  expect(WRITE_LIMITS.gateAnswer).toBeLessThan(WRITE_LIMITS.gateLook);
});
