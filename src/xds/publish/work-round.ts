import { PUBLISH_LIMITS } from "./limits.ts";

/** One kind of work: what is to be done, each once, and how. */
export interface Work {
  /** Whether there was something; does one thing of it. Must not throw. */
  next(): boolean;
}

/** Clock and turns of the process; tests give their own. */
export interface Turns {
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
  /** Calls back once others had their turn. */
  readonly later: (callback: () => void) => void;
}

const WHOLE_TURNS: Turns = { now: () => performance.now(), later: (callback) => void setImmediate(callback) };

/**
 * Does several kinds of work in turn, one thing of each, in slices between which others get theirs. Whoever has work that follows from one another's shares
 * a round: two rounds would be two slices in one turn of the event loop.
 */
export class WorkRound {
  readonly #kinds: Work[] = [];
  readonly #turns: Turns;
  #isScheduled = false;
  #idle: (() => void)[] = [];

  constructor(turns: Turns = WHOLE_TURNS) {
    this.#turns = turns;
  }

  /** From now on this is done too. */
  add(...kinds: readonly Work[]): void {
    this.#kinds.push(...kinds);
  }

  /** There is something to do: it is done soon, not now. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#turns.later(() => this.#slice());
  }

  /** Resolves once there is nothing to do. */
  idle(): Promise<void> {
    return this.#isScheduled ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #slice(): void {
    this.#isScheduled = false;
    const end = this.#turns.now() + PUBLISH_LIMITS.slice;
    let isWorking = true;
    while (isWorking) {
      isWorking = false;
      for (const kind of this.#kinds) {
        isWorking = kind.next() || isWorking;
        if (this.#turns.now() >= end) {
          this.wake();
          return;
        }
      }
    }
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }
}

/** The first of a set, which is taken out of it. */
export function taken<T>(set: Set<T>): T | undefined {
  for (const first of set) {
    set.delete(first);
    return first;
  }
  return undefined;
}
