import type { Ended, Step, Trace } from "../trace.ts";

/** A rule that finds nothing: it lets the chain go on (undefined), or ends it. */
export type Guard<Seen> = (seen: Seen, trace: Trace) => Ended | undefined;

/** A rule that finds something for the rules after it, or ends the chain. */
export type Finder<Seen, T> = (seen: Seen, trace: Trace) => Step<T>;

/**
 * Rules in the order in which they are asked. Each sees what the rules before it found, by name, and writes what it saw into the
 * trace; the first that ends the chain wins.
 */
export class Chain<Start extends object, Seen extends Start> {
  /** Asks one rule after the other about the start. Returns everything that was found, or how the chain ended. */
  readonly run: Finder<Start, Seen>;

  private constructor(run: Finder<Start, Seen>) {
    this.run = run;
  }

  static of<Start extends object>(): Chain<Start, Start> {
    return new Chain<Start, Start>((start) => ({ found: start }));
  }

  check(...checks: readonly Guard<Seen>[]): Chain<Start, Seen> {
    return new Chain<Start, Seen>((start, trace) => {
      const step = this.run(start, trace);
      if ("ending" in step) return step;
      for (const check of checks) {
        const ended = check(step.found, trace);
        if (ended !== undefined) return ended;
      }
      return step;
    });
  }

  find<Name extends string, T>(name: Name, finder: Finder<Seen, T>): Chain<Start, Seen & Readonly<Record<Name, T>>> {
    return new Chain((start, trace) => {
      const step = this.run(start, trace);
      if ("ending" in step) return step;
      const next = finder(step.found, trace);
      if ("ending" in next) return next;
      return { found: { ...step.found, ...({ [name]: next.found } as Readonly<Record<Name, T>>) } };
    });
  }
}
