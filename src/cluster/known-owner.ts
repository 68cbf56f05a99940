import type { OwnerFacts, OwnerLink } from "../model/facts.ts";
import { needsLookup, ownerFacts } from "../model/owner.ts";
import type { InjectionCaches } from "./caches.ts";
import type { WorkloadFacts } from "./resources.ts";

/** Where the controllers of ReplicaSets and Jobs are found. */
export type OwnerCaches = Pick<InjectionCaches, "replicaSets" | "jobs">;

/** The cache of a pod's direct controller, which is a ReplicaSet or a Job. */
export function cacheOf({ jobs, replicaSets }: OwnerCaches, { kind }: OwnerLink): OwnerCaches["jobs"] {
  return kind === "Job" ? jobs : replicaSets;
}

/** A pod's ReplicaSet or Job as the caches know it; undefined: they do not, or another object has its name. */
export function cachedWorkload(caches: OwnerCaches, namespace: string, direct: OwnerLink): WorkloadFacts | undefined {
  const known = cacheOf(caches, direct).cache.get(namespace, direct.name);
  return known?.uid === direct.uid ? known : undefined;
}

/**
 * Who owns a pod, by what is known without asking: `known` returns the pod's ReplicaSet or Job, and `missing` says why the look-up
 * failed where it does not.
 */
export function knownOwner(
  direct: OwnerLink | undefined,
  known: (direct: OwnerLink) => WorkloadFacts | undefined,
  missing: string,
): OwnerFacts {
  if (direct === undefined || !needsLookup(direct)) return ownerFacts(direct, undefined);
  const found = known(direct);
  return ownerFacts(
    direct,
    found === undefined ? { kind: "failed", reason: missing } : { kind: "found", controller: found.controller },
  );
}
