import { beforeEach, expect, test } from "vitest";
import { XDS_LIMITS } from "./limits.ts";
import { TurnQueue } from "./turn-queue.ts";
import { type Work, WorkRound } from "./work-round.ts";

let done: string[];
let time: number;
let turns: (() => void)[];
let round: WorkRound;
let queue: TurnQueue;

beforeEach(() => {
  [done, turns, time] = [[], [], 0];
  round = new WorkRound({ now: () => time, later: (callback) => void turns.push(callback) });
  queue = new TurnQueue(round);
});

/** Somebody with so many things to do, each of which takes so many milliseconds. */
function busy(name: string, count: number, milliseconds = 0): Work {
  let left = count;
  return {
    next: () => {
      if (left === 0) return false;
      left -= 1;
      time += milliseconds;
      done.push(name);
      return left > 0;
    },
  };
}

/** The next turn of the event loop. */
function turn(): void {
  for (const callback of turns.splice(0)) callback();
}

test("however much one has to do, the others wait for one thing of it", () => {
  queue.add(busy("much", 4));
  queue.add(busy("little", 1));
  queue.add(busy("some", 2));
  turn();
  expect(done).toEqual(["much", "little", "some", "much", "some", "much", "much"]);
});

test("those who have waited longest are first, also in the next turn", () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) queue.add(busy(name, 2, XDS_LIMITS.slice / 2));
  turn();
  expect(done).toEqual(["a", "b"]);
  queue.add(busy("late", 1));
  for (let count = 0; count < 5; count++) turn();
  expect(done).toEqual([...names, "a", "b", "late", "c", "d", "e"]);
});

test("nothing is done before its turn, and adding it twice does it once", () => {
  const work = busy("a", 3);
  const once: Work = { next: () => work.next() && false };
  queue.add(once);
  queue.add(once);
  expect(done).toEqual([]);
  turn();
  expect(done).toEqual(["a"]);
});

test("what one finds to do while it has its turn is done, although it said that nothing is left", () => {
  let left = 3;
  const again: Work = {
    next: () => {
      done.push("again");
      left -= 1;
      if (left > 0) queue.add(again);
      return false;
    },
  };
  queue.add(again);
  turn();
  expect(done).toEqual(["again", "again", "again"]);
});

test("one that was taken out does nothing, and keeps nobody waiting", () => {
  const gone = busy("gone", 3, XDS_LIMITS.slice);
  queue.add(gone);
  queue.add(busy("stays", 1));
  turn();
  queue.remove(gone);
  turn();
  turn();
  expect(done).toEqual(["gone", "stays"]);
  expect(turns).toEqual([]);
});

test("other work of the round has its share, however many wait here", () => {
  round.add(busy("other", 3));
  for (const name of ["a", "b", "c", "d"]) queue.add(busy(name, 1, XDS_LIMITS.slice / 2));
  turn();
  expect(done).toEqual(["a", "other", "b"]);
  turn();
  expect(done).toEqual(["a", "other", "b", "other", "c", "other", "d"]);
});
