/** What a switch is called when it stands for the listener of raw TCP: there is no answer to fail, only a closed port. */
export const TCP_PROBE = "tcp";

/**
 * Which probes fail now. A probe is a name that a test chooses: `/probe/ready` over HTTP asks for `ready`, a gRPC health
 * check for its service (`grpc` when it names none), and `tcp` closes the ports of raw TCP. All pass at the start.
 */
export class ProbeSwitches {
  readonly #failing = new Set<string>();
  readonly #watchers = new Set<() => void>();

  passes(name: string): boolean {
    return !this.#failing.has(name);
  }

  set(name: string, passes: boolean): void {
    if (passes) this.#failing.delete(name);
    else this.#failing.add(name);
    for (const watcher of this.#watchers) watcher();
  }

  failing(): readonly string[] {
    return [...this.#failing].sort();
  }

  /** Calls back after each change, until the returned function is called. */
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }
}
