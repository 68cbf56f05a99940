import { randomNumbers } from "../../../../testbed/app/random-numbers.ts";

/** Chance that a seed makes again. */
export interface Chance {
  /** At least 0, less than 1. */
  readonly next: () => number;
  /** At least 0, less than the limit; whole. */
  readonly below: (limit: number) => number;
  /** @throws Error when there is nothing to pick from. */
  readonly pick: <T>(from: readonly T[]) => T;
}

export function chance(seed: number): Chance {
  const next = randomNumbers(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<T>(from: readonly T[]): T {
      if (from.length === 0) throw new Error("there is nothing to pick from");
      return from[below(from.length)] as T;
    },
  };
}
