/**
 * Which requests fail, as by chance: a share of them, none at the start. The chance has a fixed seed, so that the same
 * requests fail in every run, and a test that counts them counts the same.
 */
export class Faults {
  #percent = 0;
  #state = 1;

  set(percent: number): void {
    this.#percent = percent;
  }

  /** Whether the next request fails. */
  next(): boolean {
    // mulberry32: few lines, and even over the few hundred requests of a test
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const chance = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return chance * 100 < this.#percent;
  }
}
