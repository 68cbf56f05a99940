import { knownOwner } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { WorkloadFacts } from "../../cluster/resources.ts";
import type { OwnerFacts, OwnerLink } from "../../model/facts.ts";

/** ReplicaSets and Jobs by {@link workloadKey}, of one namespace or of all; a failed look-up has the reason why. */
export interface KnownOwners {
  readonly found: ReadonlyMap<string, WorkloadFacts>;
  /** Empty: all were read. */
  readonly unread: string;
}

export function workloadKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

/** Who owns a pod of a namespace that says so of its controller. */
export function ownerOf(
  controller: OwnerLink | undefined,
  namespace: string,
  { found, unread }: KnownOwners,
): OwnerFacts {
  return knownOwner(
    controller,
    ({ kind, name, uid }) => {
      const known = found.get(workloadKey(kind, namespace, name));
      return known?.uid === uid ? known : undefined;
    },
    unread || "it is not there",
  );
}

/** The workload of a pod, for people: the end of the chain of its owners, itself where it has none. */
export function workloadOf(pod: PodSummary, owners: KnownOwners): { readonly kind: string; readonly name: string } {
  const owner = ownerOf(pod.controller, pod.namespace, owners);
  switch (owner.kind) {
    case "none":
      return { kind: "Pod", name: pod.name };
    case "known":
      return { kind: owner.owner.kind, name: owner.owner.name };
    case "lookup-failed":
      return { kind: owner.direct.kind, name: owner.direct.name };
  }
}
