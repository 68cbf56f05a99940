import { type JsonObject, member, numberOf, objectOf, stringOf } from "../model/json.ts";

/** Where a Lease is. */
export interface LeasePlace {
  readonly namespace: string;
  readonly name: string;
}

/** What a Lease says about who leads (https://kubernetes.io/docs/concepts/architecture/leases/). */
export interface LeaseRecord {
  /** Empty: nobody, it was given back. */
  readonly holder: string;
  /** Milliseconds for which a renewal holds. */
  readonly duration: number;
  /** The holder's own clock, which may be wrong: only compared for equality. */
  readonly renewed: string;
  readonly acquired: string;
  readonly transitions: number;
}

export function leaseRecord(lease: JsonObject): LeaseRecord {
  const spec = member(lease, "spec");
  return {
    holder: stringOf(member(spec, "holderIdentity")) ?? "",
    duration: (numberOf(member(spec, "leaseDurationSeconds")) ?? 0) * 1_000,
    renewed: stringOf(member(spec, "renewTime")) ?? "",
    acquired: stringOf(member(spec, "acquireTime")) ?? "",
    transitions: numberOf(member(spec, "leaseTransitions")) ?? 0,
  };
}

/** What a holder writes: it takes a Lease, keeps it, or (with an empty holder) gives it back. */
export interface Holding {
  readonly holder: string;
  /** Milliseconds; kept in whole seconds. */
  readonly duration: number;
  readonly now: Date;
}

/**
 * The Lease to be written over the one that was read, or the first one. Whatever else it carries stays, its
 * `resourceVersion` among it, by which the API server refuses the write when somebody was faster.
 */
export function heldLease(read: JsonObject | undefined, place: LeasePlace, holding: Holding): JsonObject {
  const before = read === undefined ? undefined : leaseRecord(read);
  const now = microTime(holding.now);
  const same = before?.holder === holding.holder && before.acquired !== "";
  const isTransition = before !== undefined && holding.holder !== "" && before.holder !== holding.holder;
  const spec = {
    ...objectOf(member(read, "spec")),
    holderIdentity: holding.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(holding.duration / 1_000)),
    renewTime: now,
    acquireTime: same ? before.acquired : now,
    leaseTransitions: (before?.transitions ?? 0) + (isTransition ? 1 : 0),
  };
  if (read !== undefined) return { ...read, spec };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...place }, spec };
}

/** A Kubernetes MicroTime: exactly six digits after the point. */
function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
