import type { CallerTimeouts, Retries, Unanswered } from "./explanation.ts";

/** The time-outs and retries of both ends, which act together. */
export interface BothEnds {
  readonly caller: CallerTimeouts;
  readonly retries: Retries | null;
  /** Null: the callee has none. */
  readonly callee: { readonly perRequest: number; readonly idle: number } | null;
  readonly isGrpc: boolean;
}

/**
 * When a request ends that the app never answers. A try ends by its own time-out at the caller, which counts as a reset, or by one of the callee's,
 * which is 504, and 14 of gRPC; the time-outs of the whole go on meanwhile. Envoy waits some 25 ms and more between two tries.
 */
export function unanswered({ caller, retries, callee, isGrpc }: BothEnds): Unanswered {
  const whole = Math.min(lasting(caller.perRequest), lasting(caller.idle));
  const own = lasting(caller.perTry);
  const others = Math.min(lasting(callee?.perRequest ?? 0), lasting(callee?.idle ?? 0));
  const each = Math.min(own, others);
  if (each >= whole) return { after: finite(whole), tries: 1 };
  const on = new Set(retries?.on);
  const isTriedAgain = own <= others ? on.has("reset") : isGrpc ? on.has("unavailable") : is504Tried(retries);
  const tries = isTriedAgain ? 1 + (retries?.times ?? 0) : 1;
  return each * tries < whole ? { after: each * tries, tries } : { after: whole, tries: Math.ceil(whole / each) };
}

function is504Tried(retries: Retries | null): boolean {
  return retries?.statuses.includes(504) === true;
}

/** When a connection ends on which nothing is said, by the shorter time of both ends. */
export function unansweredConnection(caller: CallerTimeouts, callee: BothEnds["callee"]): Unanswered {
  return { after: finite(Math.min(lasting(caller.idle), lasting(callee?.idle ?? 0))), tries: 1 };
}

/** 0 is no time-out at all. */
function lasting(milliseconds: number): number {
  return milliseconds === 0 ? Number.POSITIVE_INFINITY : milliseconds;
}

function finite(milliseconds: number): number {
  return milliseconds === Number.POSITIVE_INFINITY ? 0 : milliseconds;
}
