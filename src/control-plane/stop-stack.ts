/** What has to be stopped, in the reverse of the order in which it was started. */
export class StopStack {
  readonly #stops: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | undefined;

  /** This was started. */
  push(stop: () => Promise<void> | void): void {
    this.#stops.push(stop);
  }

  /** Is aborted when the turn comes of what starts now. */
  signal(): AbortSignal {
    const ending = new AbortController();
    this.push(() => ending.abort());
    return ending.signal;
  }

  /** Starts a part. When its turn comes to stop, its signal is aborted, and then the end that it tells is waited for. */
  async start<P>(part: (signal: AbortSignal) => P | Promise<P>, endOf?: (part: P) => Promise<void>): Promise<P> {
    let ended: Promise<void> | undefined;
    this.push(() => ended);
    const started = await part(this.signal());
    ended = endOf?.(started);
    return started;
  }

  /** Stops everything, one after the other; calling it again changes nothing. Rejects with the first error, after all of it. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const stop of this.#stops.reverse()) {
      try {
        await stop();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
