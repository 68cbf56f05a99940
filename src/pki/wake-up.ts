/** A timer of Node.js holds at most 24.8 days; a clock that is set meanwhile is noticed within this. In milliseconds. */
const LONGEST = 60 * 60_000;

/** One sleeper that can be woken; calls while it is awake count as one, and keep it awake. */
export class WakeUp {
  #isDue = false;
  #wake: () => void = () => {};

  /** Bound, so that it can be given away. */
  readonly wake = (): void => {
    this.#isDue = true;
    this.#wake();
  };

  /** Resolves when woken, after so many milliseconds (at most an hour), or with the signal. */
  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#isDue && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.max(0, Math.min(milliseconds, LONGEST)));
      signal.addEventListener("abort", this.wake, { once: true });
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      signal.removeEventListener("abort", this.wake);
      this.#wake = () => {};
    }
    this.#isDue = false;
  }
}
