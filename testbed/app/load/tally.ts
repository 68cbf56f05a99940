/** What became of a load. */
export interface LoadReport {
  readonly sent: number;
  readonly succeeded: number;
  readonly failed: number;
  /** How often each way to fail occurred: an error code such as `ECONNRESET`, `status 503`, `grpc 14`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds into the load of the first and last failure; absent without one. */
  readonly failedFrom?: number;
  readonly failedUntil?: number;
  /** Who answered how often: the pods of the answers that name one. */
  readonly pods: Readonly<Record<string, number>>;
  /** Connections opened, and how many of them replaced one that had ended. */
  readonly connections: number;
  readonly reconnects: number;
  /** Milliseconds from sending to the whole answer, of those that succeeded. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  /** How long the load ran. */
  readonly seconds: number;
}

/** Counts what happens, at the times of the clock that it is given (milliseconds). */
export class Tally {
  readonly #now: () => number;
  readonly #start: number;
  readonly #latencies: number[] = [];
  readonly #failures = new Map<string, number>();
  readonly #pods = new Map<string, number>();
  #sent = 0;
  #connections = 0;
  #reconnects = 0;
  #failedFrom: number | undefined;
  #failedUntil: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  /** An exchange begins; the returned function says how it ended, and only its first call counts. */
  begin(): (failure?: string, pod?: string) => void {
    const began = this.#now();
    let open = true;
    this.#sent++;
    return (failure, pod) => {
      if (!open) return;
      open = false;
      const now = this.#now();
      if (failure === undefined) this.#latencies.push(now - began);
      else this.#fail(failure, now - this.#start);
      if (pod !== undefined) this.#pods.set(pod, (this.#pods.get(pod) ?? 0) + 1);
    };
  }

  connected(isReplacement: boolean): void {
    this.#connections++;
    if (isReplacement) this.#reconnects++;
  }

  report(): LoadReport {
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number) => round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
    return {
      sent: this.#sent,
      succeeded: sorted.length,
      failed: this.#sent - sorted.length,
      failures: Object.fromEntries(this.#failures),
      ...(this.#failedFrom !== undefined && { failedFrom: round(this.#failedFrom) }),
      ...(this.#failedUntil !== undefined && { failedUntil: round(this.#failedUntil) }),
      pods: Object.fromEntries(this.#pods),
      connections: this.#connections,
      reconnects: this.#reconnects,
      latency: { p50: at(0.5), p99: at(0.99), max: at(1) },
      seconds: round((this.#now() - this.#start) / 1_000),
    };
  }

  #fail(failure: string, at: number): void {
    this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
    this.#failedFrom ??= at;
    this.#failedUntil = at;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
