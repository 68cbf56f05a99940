import { beforeEach, expect, test } from "vitest";
import { XDS_LIMITS } from "./limits.ts";
import { type Work, WorkRound } from "./work-round.ts";

let done: string[];
let time: number;
let turns: (() => void)[];
let round: WorkRound;

beforeEach(() => {
  [done, turns, time] = [[], [], 0];
  round = new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) });
});

/** So many things to do, each of which takes so many milliseconds. */
function work(name: string, count: number, milliseconds: number): Work {
  let left = count;
  return {
    next: () => {
      if (left === 0) return false;
      left -= 1;
      time += milliseconds;
      done.push(name);
      return true;
    },
  };
}

/** The next turn of the event loop. */
function turn(): void {
  for (const callback of turns.splice(0)) callback();
}

test("each kind does one thing in turn, until there is nothing to do", async () => {
  round.add(work("a", 3, 0), work("b", 1, 0), work("c", 2, 0));
  round.wake();
  turn();
  expect(done).toEqual(["a", "b", "c", "a", "c", "a"]);
  expect(turns).toEqual([]);
  await round.idle();
});

test("a kind whose things take a whole slice keeps no other kind waiting", () => {
  round.add(work("slow", 5, XDS_LIMITS.slice), work("quick", 2, 0), work("last", 2, XDS_LIMITS.slice));
  round.wake();
  for (let count = 0; count < 4; count++) turn();
  expect(done).toEqual(["slow", "quick", "last", "slow", "quick", "last"]);
});

test("what follows from a thing is done in the same round", () => {
  const follows: Work[] = [];
  round.add(work("first", 1, 0), { next: () => follows.shift()?.next() ?? false });
  follows.push(work("second", 1, 0));
  round.wake();
  turn();
  expect(done).toEqual(["first", "second"]);
});

test("nothing runs before its turn, and waking again adds no turn", () => {
  round.add(work("a", 1, 0));
  round.wake();
  round.wake();
  expect([done, turns.length]).toEqual([[], 1]);
});
