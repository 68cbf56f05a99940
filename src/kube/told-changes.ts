/** What there is, and what has changed. */
export interface Changing<T> {
  /** All that is known, as changes from nothing. */
  readonly everything: () => readonly T[];
  /** What has changed since this was last asked, each thing once. */
  readonly take: () => readonly T[];
}

/**
 * Tells listeners of changes: nothing before everything is known for the first time, then everything; later what comes in one go, as the
 * objects of one list or one read of a connection do, together.
 */
export class ToldChanges<T> {
  readonly #changing: Changing<T>;
  readonly #listeners = new Set<(changes: readonly T[]) => void>();
  #isKnown = false;
  #isTelling = false;

  constructor(changing: Changing<T>) {
    this.#changing = changing;
  }

  /** Everything is known now. */
  known(): void {
    this.#isKnown = true;
    this.#tell();
  }

  /** Something changed: it is told soon, not now. */
  changed(): void {
    if (this.#isTelling || !this.#isKnown) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#tell();
    });
  }

  /** From now until the signal this hears of changes, beginning with everything. */
  onChange(listener: (changes: readonly T[]) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (this.#isKnown) {
      this.#tell();
      listener(this.#changing.everything());
    }
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  #tell(): void {
    const changes = this.#changing.take();
    if (changes.length === 0) return;
    for (const listener of this.#listeners) listener(changes);
  }
}
