import { randomNumbers } from "./random-numbers.ts";

/**
 * Which requests fail, as by chance: a share of them, none at the start. The chance has a fixed seed, so that the same
 * requests fail in every run, and a test that counts them counts the same.
 */
export class Faults {
  #percent = 0;
  readonly #random = randomNumbers(1);

  set(percent: number): void {
    this.#percent = percent;
  }

  /** Whether the next request fails. */
  next(): boolean {
    return this.#random() * 100 < this.#percent;
  }
}
