import { XDS_LIMITS } from "./limits.ts";

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
 * Does several kinds of work in turn, one thing of each, in slices between which others get theirs. Work that follows from other work shares
 * a round with it: two rounds would be two slices in one turn of the event loop.
 */
export class WorkRound {
  readonly #kinds: Work[] = [];
  readonly #turns: Turns;
  #isScheduled = false;
  /** Which kind is next: a slice goes on where the last one ended, so that things which take a whole slice keep no other kind waiting. */
  #turn = 0;
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
    const end = this.#turns.now() + XDS_LIMITS.slice;
    let without = 0;
    while (without < this.#kinds.length) {
      const kind = this.#kinds[this.#turn];
      this.#turn = (this.#turn + 1) % this.#kinds.length;
      without = kind?.next() === true ? 0 : without + 1;
      if (this.#turns.now() >= end) {
        this.wake();
        return;
      }
    }
    this.#turn = 0;
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
