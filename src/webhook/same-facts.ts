import type { OwnerFacts, PodFacts } from "../model/facts.ts";

type Same = { readonly [K in keyof Required<PodFacts>]: (one: PodFacts[K], other: PodFacts[K]) => boolean };

/** An entry for each fact: a new one without its entry does not compile. */
const SAME: Same = {
  namespace: (one, other) =>
    one.name === other.name && sameMembers(one.labels, other.labels) && sameMembers(one.annotations, other.annotations),
  owner: sameOwner,
  virtualNodes: sameList,
  virtualGateways: sameList,
  sharedNodes: sameShared,
  meshes: sameList,
  limitRanges: sameList,
  quotas: sameList,
  trust: sameMembers,
  clusterDns: (one, other) => one === other,
};
const FIELDS = Object.keys(SAME) as (keyof PodFacts)[];

/**
 * Whether nothing changed between two look-ups. Lists of a cache are compared by identity, for it gives out the same list until one of its
 * objects changes: equal facts can be taken for different ones, and never the other way round.
 */
export function sameFacts(one: PodFacts, other: PodFacts): boolean {
  return FIELDS.every((field) => sameField(field, one, other));
}

function sameField<K extends keyof PodFacts>(field: K, one: PodFacts, other: PodFacts): boolean {
  return SAME[field](one[field], other[field]);
}

function sameOwner(one: OwnerFacts, other: OwnerFacts): boolean {
  switch (one.kind) {
    case "none":
      return other.kind === "none";
    case "known":
      return other.kind === "known" && sameMembers(one.owner, other.owner);
    case "lookup-failed":
      return other.kind === "lookup-failed" && one.reason === other.reason && sameMembers(one.direct, other.direct);
  }
}

/** These are made for each look-up, out of objects of the cache. */
function sameShared(one: PodFacts["sharedNodes"], other: PodFacts["sharedNodes"]): boolean {
  return (
    one.length === other.length &&
    one.every(({ kind, object }, index) => {
      const candidate = other[index];
      return candidate?.kind === kind && sameMembers(object, candidate.object);
    })
  );
}

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one === other || (one.length === 0 && other.length === 0);
}

/** Whether two objects have the same members: equal texts, or the very same objects. */
function sameMembers(one: object, other: object): boolean {
  if (one === other) return true;
  const keys = Object.keys(one) as (keyof object)[];
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
}
