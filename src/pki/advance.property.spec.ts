import fc from "fast-check";
import { expect, test } from "vitest";
import { activated, advance, withDelivery, withNext } from "./advance.ts";
import { type AuthorityState, firstState, type NewRoot, rootsOf } from "./authority-state.ts";
import { type AuthorityPolicy, LEAF_RENEWAL_SHARE } from "./policy.ts";

/*
 * A small world in discrete time. The authority's state is stored; each replica sees it late and signs its leaf with the root that
 * it takes for the active one; each verifier sees the published bundle late. All delays are below the time that the policy gives
 * them. However often somebody rotates, every leaf in use is accepted by every verifier at every instant.
 */

const SETTLE = 10;
const LEAF = 40;

interface World {
  readonly rootLifetime: number;
  /** How late each replica and each verifier sees a change. */
  readonly replicas: readonly number[];
  readonly verifiers: readonly number[];
  /** How long after a change of the state its bundle is published. */
  readonly publication: number;
  /** Instants at which somebody asks for a rotation. */
  readonly rotations: ReadonlySet<number>;
  /** Between two steps that move the authority on. */
  readonly stride: number;
}

const world: fc.Arbitrary<World> = fc.record({
  rootLifetime: fc.integer({ min: 300, max: 2_000 }),
  replicas: fc.array(fc.integer({ min: 0, max: SETTLE - 1 }), { minLength: 1, maxLength: 4 }),
  verifiers: fc.array(fc.integer({ min: 0, max: SETTLE - 1 }), { minLength: 1, maxLength: 3 }),
  publication: fc.integer({ min: 0, max: 30 }),
  rotations: fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 8 }).map((instants) => new Set(instants)),
  stride: fc.integer({ min: 1, max: 7 }),
});

test("at every instant each leaf in use verifies against what each verifier knows", () => {
  fc.assert(
    fc.property(world, (w) => {
      const problems = simulate(w, 1_000);
      expect(problems).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("the same world finds a leaf that is used before its root was delivered", () => {
  const early: World = {
    rootLifetime: 2_000,
    replicas: [0],
    verifiers: [9],
    publication: 5,
    rotations: new Set([50]),
    stride: 1,
  };
  expect(simulate(early, 200, "forced")[0]).toContain("does not know");
});

test("the same world finds a root that is dropped while its leaves are in use", () => {
  const lax: World = {
    rootLifetime: 2_000,
    replicas: [0, 9],
    verifiers: [0],
    publication: 0,
    rotations: new Set([50]),
    stride: 1,
  };
  const impatient = { rootLifetime: lax.rootLifetime, leafLifetime: 1, settle: 1 };
  expect(simulate({ ...lax, replicas: [0, 30] }, 200, "waits", impatient)[0]).toContain("does not know");
});

/** Runs the world for so many instants and returns what went wrong. `forced`: a successor signs at once, as with `--force`. */
function simulate(
  w: World,
  end: number,
  activation: "waits" | "forced" = "waits",
  policy: AuthorityPolicy = { rootLifetime: w.rootLifetime, leafLifetime: LEAF, settle: SETTLE },
): string[] {
  const at = (instant: number): Date => new Date(instant);
  let made = 0;
  const root = (instant: number): NewRoot => {
    made++;
    return { id: `root ${made}`, certificate: "", key: "", notAfter: at(instant + w.rootLifetime) };
  };
  const states: AuthorityState[] = [];
  const bundles: string[][] = [];
  const leaves = new Map<number, { readonly root: string; readonly renew: number; readonly end: number }>();
  const problems: string[] = [];
  let state = firstState(root(0), at(0));
  for (let now = 0; now < end; now++) {
    if (w.rotations.has(now) && state.next === undefined) state = withNext(state, root(now), at(now));
    const published = states[Math.max(0, now - w.publication)] ?? state;
    if (published.next !== undefined && published.next.id === state.next?.id) state = withDelivery(state, at(now));
    if (activation === "forced") state = activated(state, at(now), policy);
    if (now % w.stride === 0) {
      const step = advance(state, at(now), policy);
      state = step.wants === "next-root" ? withNext(step.state, root(now), at(now)) : step.state;
    }
    states.push(state);
    bundles.push(rootsOf(states[now - w.publication] ?? firstOf(states)).map(({ id }) => id));
    for (const [replica, delay] of w.replicas.entries()) {
      const { active } = states[now - delay] ?? firstOf(states);
      const leaf = leaves.get(replica);
      if (leaf?.root !== active.id || now >= leaf.renew) {
        const last = Math.min(now + policy.leafLifetime, active.notAfter.getTime());
        leaves.set(replica, { root: active.id, renew: now + (last - now) * LEAF_RENEWAL_SHARE, end: last });
      }
    }
    for (const { root: signer, end: last } of leaves.values()) {
      if (last < now) problems.push(`${now}: a leaf of ${signer} has ended`);
      for (const delay of w.verifiers) {
        const known = bundles[now - delay] ?? bundles[0] ?? [];
        if (!known.includes(signer))
          problems.push(`${now}: a verifier does not know ${signer}, only ${known.join(", ")}`);
      }
    }
  }
  return problems;
}

function firstOf(states: readonly AuthorityState[]): AuthorityState {
  const [first] = states;
  if (first === undefined) throw new RangeError("no state yet");
  return first;
}
