/** Waiting times after failures: doubling from `min` to `max` milliseconds, each shortened by up to half at random. */
export class Backoff {
  readonly #min: number;
  readonly #max: number;
  readonly #random: () => number;
  #next: number;

  constructor(min: number, max: number, random: () => number = Math.random) {
    this.#min = min;
    this.#max = max;
    this.#random = random;
    this.#next = min;
  }

  /** How long to wait now, in milliseconds. */
  next(): number {
    const wait = this.#next * (1 - this.#random() / 2);
    this.#next = Math.min(this.#next * 2, this.#max);
    return wait;
  }

  /** Something went well. */
  reset(): void {
    this.#next = this.#min;
  }
}
