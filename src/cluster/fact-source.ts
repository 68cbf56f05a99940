import type { LookUp } from "./pod-facts.ts";

/** Where facts about pods come from, and how well. */
export interface FactSource {
  readonly lookUp: LookUp;
  /** Seconds since each cache last heard of the API server, by resource; empty where there are none. */
  readonly ages: () => ReadonlyMap<string, number>;
  /** What readiness waits for: undefined when it is there, else what is missing. */
  readonly checks: readonly FactCheck[];
}

export interface FactCheck {
  readonly name: string;
  readonly problem: () => string | undefined;
}
