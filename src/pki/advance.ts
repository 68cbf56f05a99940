import type { AuthorityState, NewRoot, PreviousRoot } from "./authority-state.ts";
import { type AuthorityPolicy, MOST_ROOTS, ROOT_RENEWAL_SHARE } from "./policy.ts";

/** What an authority comes to at some instant. */
export interface Advance {
  readonly state: AuthorityState;
  /** Whether a successor of the active root is to be made and added with {@link withNext}. */
  readonly wants: "nothing" | "next-root";
  /** When it is worth looking again, if nothing happens before. */
  readonly again: Date;
}

/**
 * The state as it should be now: roots whose leaves have all ended are dropped, and a successor that everybody has had for
 * `policy.settle` becomes active. A successor that was not delivered becomes active all the same shortly before the active root
 * ends: an authority that has ended helps nobody. Returns the very same state when nothing changes.
 */
export function advance(state: AuthorityState, now: Date, policy: AuthorityPolicy): Advance {
  let current = dropped(state, now);
  const { next } = current;
  if (next !== undefined && now >= activation(current, next.delivered, policy)) {
    current = activated(current, now, policy);
  }
  const due = nextStep(current, policy);
  const instants = [...(due === undefined ? [] : [due]), ...current.previous.map(({ until }) => until)];
  const isDue = current.next === undefined && due !== undefined && now >= due;
  return { state: current, wants: isDue ? "next-root" : "nothing", again: new Date(Math.min(...instants.map(Number))) };
}

/** The state with a successor that is published from now on. Throws RangeError when there is one already. */
export function withNext(state: AuthorityState, root: NewRoot, now: Date): AuthorityState {
  if (state.next !== undefined) throw new RangeError(`root ${state.next.id} is already waiting to become active`);
  return { ...state, next: { ...root, since: now, delivered: undefined } };
}

/** The state with the knowledge that everybody who verifies has the successor; the first time counts. */
export function withDelivery(state: AuthorityState, now: Date): AuthorityState {
  if (state.next === undefined || state.next.delivered !== undefined) return state;
  return { ...state, next: { ...state.next, delivered: now } };
}

/** The successor becomes active, and the active root is trusted until the last leaf that may carry its signature has ended. */
export function activated(state: AuthorityState, now: Date, policy: AuthorityPolicy): AuthorityState {
  const { active, next, previous } = state;
  if (next === undefined) return state;
  const { key: _, ...retired } = active;
  // A replica that hears of this late signs with the old root until then.
  const until = new Date(Math.min(now.getTime() + policy.settle + policy.leafLifetime, active.notAfter.getTime()));
  const { delivered: __, ...root } = next;
  return {
    active: { ...root, since: now },
    next: undefined,
    previous: [{ ...retired, since: now, until } satisfies PreviousRoot, ...previous],
  };
}

function dropped(state: AuthorityState, now: Date): AuthorityState {
  const previous = state.previous.filter(({ until }) => until > now);
  return previous.length === state.previous.length ? state : { ...state, previous };
}

function activation({ active }: AuthorityState, delivered: Date | undefined, policy: AuthorityPolicy): Date {
  const latest = active.notAfter.getTime() - policy.settle;
  const settled = delivered === undefined ? latest : delivered.getTime() + policy.settle;
  return new Date(Math.min(settled, latest));
}

/** When the successor signs, or one is to be made; undefined while there are too many roots for one more. */
function nextStep(state: AuthorityState, policy: AuthorityPolicy): Date | undefined {
  const { active, next, previous } = state;
  if (next !== undefined) return activation(state, next.delivered, policy);
  if (previous.length >= MOST_ROOTS) return undefined;
  return new Date(active.notAfter.getTime() - policy.rootLifetime * (1 - ROOT_RENEWAL_SHARE));
}
