import { expect, test } from "vitest";
import { OwnSteps } from "./own-steps.ts";

const PLACE = "VirtualNode/shop/back 8080";

function begun(): { readonly steps: OwnSteps; readonly changes: () => number } {
  let changes = 0;
  const steps = new OwnSteps(() => void changes++);
  steps.begin(PLACE);
  steps.name(PLACE, "a");
  return { steps, changes: () => changes };
}

const held = (steps: OwnSteps, now = 0): unknown => Object.fromEntries(steps.said(now).held);

test("each beginning has a number of its own, the newest of which is said", () => {
  const { steps } = begun();
  expect([steps.said(0).begun, steps.begin("VirtualNode/shop/back 9090"), steps.begin(PLACE)]).toEqual([1, 2, 3]);
  expect(steps.said(0).begun).toBe(3);
});

test("steps are said in a row alone, each once, and each time others are told", () => {
  const { steps, changes } = begun();
  expect(held(steps)).toEqual({});
  steps.hold(PLACE, 0);
  steps.hold(PLACE, 0);
  expect([held(steps), changes()]).toEqual([{ a: 1 }, 2]);
  // not all had the second one in time
  steps.hold(PLACE, 2);
  expect([held(steps), changes()]).toEqual([{ a: 1 }, 2]);
});

test("one whose steps are not known has none", () => {
  const steps = new OwnSteps(() => undefined);
  steps.begin(PLACE);
  steps.hold(PLACE, 0);
  steps.hold("VirtualNode/shop/front 8080", 0);
  expect(held(steps)).toEqual({});
});

test("what is over is said for a while, unless another change of the place begins, or it is gone", () => {
  const { steps } = begun();
  steps.hold(PLACE, 0);
  steps.end(PLACE, 1_000);
  expect(held(steps, 999)).toEqual({ a: 1 });
  expect(held(steps, 1_000)).toEqual({});
  for (const ends of [() => steps.begin(PLACE), () => steps.forget(PLACE)]) {
    steps.begin(PLACE);
    steps.name(PLACE, "a");
    steps.hold(PLACE, 0);
    steps.end(PLACE, 1_000);
    expect(held(steps)).toEqual({ a: 1 });
    ends();
    expect(held(steps)).toEqual({});
  }
});
