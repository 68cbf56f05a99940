import { beforeEach, expect, test } from "vitest";
import type { TracingTraits } from "../../model/proxy-traits.ts";
import { KnownTracing } from "./known-tracing.ts";

let inUse: TracingTraits[];
let asked: number;
let known: KnownTracing;
beforeEach(() => {
  inUse = [];
  asked = 0;
  known = new KnownTracing({
    most: 2,
    inUse() {
      asked++;
      return inUse;
    },
  });
});

function zipkin(percent: number): TracingTraits {
  return { kind: "zipkin", percent, host: undefined };
}

test("equal settings count once, however many pods have them", () => {
  for (let pod = 0; pod < 10; pod++) expect(known.admits(zipkin(1))).toBe(true);
  expect(known.admits(zipkin(2))).toBe(true);
  expect(asked).toBe(0);
});

test("one too many is refused, and those that are served go on", () => {
  inUse = [zipkin(1), zipkin(2), zipkin(3)];
  expect(inUse.map((tracing) => known.admits(tracing))).toEqual([true, true, false]);
  expect(inUse.map((tracing) => known.admits(tracing))).toEqual([true, true, false]);
});

test("settings that no pod has any more give way", () => {
  inUse = [zipkin(2)];
  expect([zipkin(1), zipkin(2)].map((tracing) => known.admits(tracing))).toEqual([true, true]);
  expect(known.admits(zipkin(3))).toBe(true);
  inUse = [zipkin(2), zipkin(3)];
  expect(known.admits(zipkin(1))).toBe(false);
});
