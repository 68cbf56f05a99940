import { Backoff } from "./backoff.ts";
import { QUEUE_LIMITS } from "./limits.ts";

export interface WorkQueueOptions {
  /**
   * Brings what the key names to the state that it should be in, whatever happened: it is not told. Resolves with the
   * milliseconds after which to look again, or undefined to wait for the next {@link WorkQueue.add}. When it rejects, it
   * is tried again, ever more slowly.
   */
  readonly handle: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  readonly failed: (key: string, error: unknown) => void;
  /** How many keys are handled side by side; one by default. */
  readonly workers?: number;
  readonly random?: () => number;
  readonly limits?: Readonly<Record<"backoffMin" | "backoffMax", number>>;
}

/**
 * Keys that need attention, each once however often it was added, in the order in which they came. A key that is added while
 * it is handled is handled again afterwards, never twice at once; one that failed waits for its turn, whoever adds it.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #handled = new Set<string>();
  /** Keys that wait for a time; those that are merely looked at again may be brought forward. */
  readonly #waiting = new Map<string, { readonly timer: NodeJS.Timeout; readonly why: "again" | "failed" }>();
  readonly #backoffs = new Map<string, Backoff>();
  /** Workers that have nothing to do. */
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Handles the key soon. */
  add(key: string): void {
    const waiting = this.#waiting.get(key);
    if (waiting?.why === "failed") return;
    if (waiting !== undefined) {
      clearTimeout(waiting.timer);
      this.#waiting.delete(key);
    }
    this.#ready.add(key);
    this.#wake();
  }

  /** Keys that are to be handled now or later. */
  get size(): number {
    return this.#ready.size + this.#waiting.size;
  }

  /** Handles keys until the signal, then forgets them; never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    const end = (): void => this.#wake();
    signal.addEventListener("abort", end);
    const { workers = 1 } = this.#options;
    await Promise.all(Array.from({ length: workers }, () => this.#work(signal)));
    signal.removeEventListener("abort", end);
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#ready.clear();
    this.#backoffs.clear();
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.#next();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      this.#ready.delete(key);
      this.#handled.add(key);
      await this.#handle(key, signal);
      this.#handled.delete(key);
      // It may have been added meanwhile, and left to us by the others.
      if (this.#ready.has(key)) this.#wake();
    }
  }

  #next(): string | undefined {
    for (const key of this.#ready) if (!this.#handled.has(key)) return key;
    return undefined;
  }

  #wake(): void {
    const idle = this.#idle;
    this.#idle = [];
    for (const wake of idle) wake();
  }

  async #handle(key: string, signal: AbortSignal): Promise<void> {
    try {
      const again = await this.#options.handle(key, signal);
      this.#backoffs.delete(key);
      // What was added meanwhile comes sooner.
      if (again !== undefined && !this.#ready.has(key)) this.#later(key, again, "again");
    } catch (error) {
      if (signal.aborted) return;
      this.#ready.delete(key);
      this.#later(key, this.#backoff(key).next(), "failed");
      this.#options.failed(key, error);
    }
  }

  #later(key: string, milliseconds: number, why: "again" | "failed"): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      this.#ready.add(key);
      this.#wake();
    }, milliseconds);
    this.#waiting.set(key, { timer, why });
  }

  #backoff(key: string): Backoff {
    const known = this.#backoffs.get(key);
    if (known !== undefined) return known;
    const { limits = QUEUE_LIMITS, random } = this.#options;
    const made = new Backoff(limits.backoffMin, limits.backoffMax, random);
    this.#backoffs.set(key, made);
    return made;
  }
}
