import { median } from "./median.ts";

/** What one run of bench/closed-loop.ts prints. */
export interface Measured {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** How one run is made: a single connection shows what one request waits; sixteen keep everything busy. */
export interface Shape {
  readonly connections: number;
  readonly seconds: number;
}

export const LATENCY: Shape = { connections: 1, seconds: 2 };
export const THROUGHPUT: Shape = { connections: 16, seconds: 2 };

type Round<Kind extends string> = Readonly<Record<"latency" | "throughput", Readonly<Record<Kind, Measured>>>>;

/** Medians of rounds. */
export interface Medians<Kind extends string> {
  /** Of something that each round has. */
  readonly of: (value: (round: Round<Kind>) => number) => number;
  /** Of something that each kind has in each round. */
  readonly perKind: (value: (round: Round<Kind>, kind: Kind) => number) => Readonly<Record<Kind, number>>;
}

/**
 * Runs every kind once to warm up, then in so many rounds, in turn, and another one first in each, so that whatever else the machine does falls
 * on all. Medians have three digits.
 */
export async function inTurns<Kind extends string>(
  kinds: readonly Kind[],
  rounds: number,
  run: (kind: Kind, shape: Shape) => Promise<Measured>,
): Promise<Medians<Kind>> {
  for (const kind of kinds) await run(kind, THROUGHPUT);
  const done: Round<Kind>[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = [...kinds.slice(round % kinds.length), ...kinds.slice(0, round % kinds.length)];
    const all = async (shape: Shape): Promise<Record<Kind, Measured>> => {
      const measured: Partial<Record<Kind, Measured>> = {};
      for (const kind of order) measured[kind] = await run(kind, shape);
      return measured as Record<Kind, Measured>;
    };
    done.push({ latency: await all(LATENCY), throughput: await all(THROUGHPUT) });
  }
  const of: Medians<Kind>["of"] = (value) => Number(median(done.map(value)).toPrecision(3));
  const perKind: Medians<Kind>["perKind"] = (value) =>
    Object.fromEntries(kinds.map((kind) => [kind, of((round) => value(round, kind))])) as Record<Kind, number>;
  return { of, perKind };
}
