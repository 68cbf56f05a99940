import { beforeEach, describe, expect, test } from "vitest";
import { gatewayView } from "../../../test/mesh-views.ts";
import type { GatewayView } from "../../graph/view.ts";
import { LeftServices } from "./left-services.ts";

const KEEP = 30_000;
const DOOR = "VirtualGateway/shop/door";

let time: number;
let told: string[];
let alarms: { readonly at: number; readonly ring: () => void }[];
let services: LeftServices;

beforeEach(() => {
  time = 1_000;
  [told, alarms] = [[], []];
  services = new LeftServices({
    changed: (view) => void told.push(view),
    now: () => time,
    later: (milliseconds, ring) => void alarms.push({ at: time + milliseconds, ring }),
    keep: KEEP,
  });
});

function pass(milliseconds: number): void {
  time += milliseconds;
  for (const { ring } of alarms.filter(({ at }) => at <= time)) ring();
  alarms = alarms.filter(({ at }) => at > time);
}

/** What the second pass knows beside what the view says. */
function left(view: GatewayView): readonly string[] {
  return services.of(DOOR, view).map(({ name, port }) => `${name}:${port}`);
}

describe("a service to which no route of a gateway leads any more", () => {
  test("is known for a while, with the routes that it had, and then not", () => {
    const before = gatewayView("one", "two");
    expect(left(before)).toEqual([]);
    expect(left(gatewayView("two"))).toEqual(["one.shop:80"]);
    expect(services.of(DOOR, gatewayView("two"))[0]?.view).toBe(before);
    pass(KEEP - 1);
    expect(told).toEqual([]);
    expect(left(gatewayView("two"))).toEqual(["one.shop:80"]);
    pass(1_000);
    expect(told).toEqual([DOOR]);
    expect(left(gatewayView("two"))).toEqual([]);
  });

  test("is none any more when a route leads there again, and has its newer routes when it leaves once more", () => {
    left(gatewayView("one"));
    left(gatewayView());
    const again = gatewayView("one");
    expect(left(again)).toEqual([]);
    expect(left(gatewayView())).toEqual(["one.shop:80"]);
    expect(services.of(DOOR, gatewayView())[0]?.view).toBe(again);
  });

  test("is each for its own time", () => {
    left(gatewayView("one", "two"));
    left(gatewayView("two"));
    pass(KEEP / 2);
    expect(left(gatewayView())).toEqual(["one.shop:80", "two.shop:80"]);
    pass(KEEP / 2);
    expect(left(gatewayView())).toEqual(["two.shop:80"]);
  });

  test("is one of its own gateway, and of nobody that is not served any more", () => {
    left(gatewayView("one"));
    expect(services.of("VirtualGateway/shop/other", gatewayView())).toEqual([]);
    services.forget(DOOR);
    expect(left(gatewayView())).toEqual([]);
  });
});

test("a gateway whose routes stay wakes nobody", () => {
  for (let view = 0; view < 3; view++) left(gatewayView("one"));
  expect(alarms).toEqual([]);
});
