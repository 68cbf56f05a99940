import { describe, expect, test } from "vitest";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import { requestCap, type Timeouts } from "./timeouts.ts";

function seconds(value: number | undefined): Timeouts | undefined {
  return value === undefined ? undefined : { perRequest: { unit: "s", value } };
}

/** A listener over HTTP whose time-out for requests is so many seconds; undefined: nothing is said. */
function listener(value: number | undefined): VirtualNodeListener {
  const timeout = seconds(value);
  return { portMapping: { port: 8080, protocol: "http" }, ...(timeout && { timeout: { http: timeout } }) } as never;
}

const NEVER = Number.POSITIVE_INFINITY;

describe("the shorter time-out of route and listener counts, and caps the other one", () => {
  test.each([
    [60, undefined, { by: "listener", after: 15_000, insteadOf: 60_000 }],
    [60, 30, { by: "listener", after: 30_000, insteadOf: 60_000 }],
    [0, 30, { by: "listener", after: 30_000, insteadOf: NEVER }],
    [undefined, 60, { by: "route", after: 15_000, insteadOf: 60_000 }],
    [undefined, 0, { by: "route", after: 15_000, insteadOf: NEVER }],
  ])("route %s, listener %s", (route, node, cap) => {
    expect(requestCap(seconds(route), listener(node))).toEqual(cap);
  });
});

describe("nothing is capped where nobody asked for more", () => {
  test.each([
    [undefined, undefined],
    [60, 60],
    [0, 0],
    // the route itself says that it is to be shorter
    [5, 60],
    [10, undefined],
    [undefined, 10],
  ])("route %s, listener %s", (route, node) => {
    expect(requestCap(seconds(route), listener(node))).toBeUndefined();
  });

  test("a time-out of another protocol than the listener's says nothing", () => {
    const other = { ...listener(undefined), timeout: { grpc: { perRequest: { unit: "s", value: 60 } } } };
    expect(requestCap(undefined, other as never)).toBeUndefined();
  });
});
