import type { Tally } from "./tally.ts";

/**
 * Exchanges on one connection whose answers come in the order of the questions: who waits first is answered first. When
 * the connection ends, all who wait have failed.
 */
export class AnswersInOrder {
  readonly #waiting: ((failure?: string) => void)[] = [];
  readonly #tally: Tally;
  readonly #timeout: number;

  constructor(tally: Tally, timeout: number) {
    this.#tally = tally;
    this.#timeout = timeout;
  }

  /** Somebody waits from now on; resolves when it is answered, failed or too late. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      const settle = this.#tally.begin();
      const end = (failure?: string) => {
        clearTimeout(timer);
        settle(failure);
        resolve();
      };
      // stays in line: its answer, should it still come, is not the next one's
      const timer = setTimeout(() => end("timeout"), this.#timeout);
      this.#waiting.push(end);
    });
  }

  answered(): void {
    this.#waiting.shift()?.();
  }

  allFailed(failure: string): void {
    for (const end of this.#waiting.splice(0)) end(failure);
  }
}
