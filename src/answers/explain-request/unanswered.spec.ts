import { describe, expect, test } from "vitest";
import { type BothEnds, unanswered, unansweredConnection } from "./unanswered.ts";

/* Random ones of these are held against real Envoys: test/envoy/mesh/explain-both-ends.spec.ts. */

type Times = readonly [perRequest: number, idle: number];

function ends(
  [perRequest, idle]: Times,
  perTry: number,
  [own, ownIdle]: Times,
  more: Partial<BothEnds> = {},
): BothEnds {
  return {
    caller: { perRequest, idle, perTry },
    callee: { perRequest: own, idle: ownIdle },
    retries: null,
    isGrpc: false,
    ...more,
  };
}

function tryingAgain(times: number, on: readonly string[], ...statuses: readonly number[]): Partial<BothEnds> {
  return { retries: { times, on, statuses, isStandard: false } };
}

describe("a request that the app never answers", () => {
  test.each<[string, BothEnds, number, number]>([
    ["no time-out anywhere", ends([0, 0], 0, [0, 0]), 0, 1],
    ["the caller's", ends([100, 0], 0, [0, 0]), 100, 1],
    ["the caller's idle one", ends([100, 50], 0, [0, 0]), 50, 1],
    ["the shorter one of both, which is the callee's", ends([100, 0], 0, [40, 0]), 40, 1],
    ["the callee's idle one", ends([100, 0], 0, [0, 30]), 30, 1],
    ["that of a try, not tried again", ends([100, 0], 20, [0, 0]), 20, 1],
    [
      "that of a try, where only other things are tried again",
      ends([100, 0], 20, [0, 0], tryingAgain(2, ["unavailable"], 504)),
      20,
      1,
    ],
    ["that of each try, which are resets", ends([100, 0], 20, [0, 0], tryingAgain(2, ["reset"])), 60, 3],
    ["all tries together, cut by the caller's", ends([50, 0], 20, [0, 0], tryingAgain(4, ["reset"])), 50, 3],
    ["the callee's, each tried again", ends([0, 0], 50, [20, 0], tryingAgain(2, [], 504)), 60, 3],
    ["the callee's, which is no reset", ends([0, 0], 50, [20, 0], tryingAgain(2, ["reset"], 503)), 20, 1],
    [
      "the callee's, 14 of gRPC",
      ends([0, 0], 50, [20, 0], { ...tryingAgain(1, ["unavailable"]), isGrpc: true }),
      40,
      2,
    ],
    [
      "the callee's, which is no 504 of gRPC",
      ends([0, 0], 50, [20, 0], { ...tryingAgain(1, [], 504), isGrpc: true }),
      20,
      1,
    ],
    ["the caller's, as long as a try", ends([20, 0], 20, [0, 0], tryingAgain(2, ["reset"])), 20, 1],
    ["nothing known of the callee", ends([15, 0], 0, [0, 0], { callee: null }), 15, 1],
  ])("%s", (_, both, after, tries) => {
    expect(unanswered(both)).toEqual({ after, tries });
  });
});

test("a silent connection ends by the shorter one of both", () => {
  const caller = { perRequest: 0, idle: 300, perTry: 0 };
  expect(unansweredConnection(caller, { perRequest: 0, idle: 200 })).toEqual({ after: 200, tries: 1 });
  expect(unansweredConnection(caller, { perRequest: 0, idle: 0 })).toEqual({ after: 300, tries: 1 });
  expect(unansweredConnection({ ...caller, idle: 0 }, null)).toEqual({ after: 0, tries: 1 });
});
