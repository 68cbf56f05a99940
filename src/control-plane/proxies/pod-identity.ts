import type { InjectionCaches } from "../../cluster/caches.ts";
import { cachedWorkload, knownOwner } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { sharedNodesOf } from "../../cluster/shared-nodes.ts";
import type { Configuration } from "../../config/schema.ts";
import type { ViewRef } from "../../graph/graph.ts";
import { readAnnotations } from "../../inject/annotations.ts";
import { type ServedIdentity, servedIdentity, servedObject } from "../../inject/served-identity.ts";
import type { OwnerFacts } from "../../model/facts.ts";
import { type MeshChoice, nameByOwner, type Role } from "../../model/membership.ts";
import { metadataAsSent, workloadName } from "../../model/owner.ts";

/** Which node of which mesh a pod is, or why nobody can say. */
export type PodIdentity =
  | {
      readonly kind: "resolved";
      /** With `@owner` for a mesh of another account. */
      readonly mesh: string;
      readonly role: Role;
      /** `mesh/<mesh>/virtualNode/<name>`, as the sidecar's node id should be. */
      readonly id: string;
      /** The object of that name; undefined while there is none. */
      readonly object: ViewRef | undefined;
    }
  | {
      readonly kind: "unresolved";
      readonly problem: string;
      /** Of several that select it, the one that it was injected as. */
      readonly injectedAs: ViewRef | undefined;
    };

/** The virtual node of a pod, from what the caches know now; {@link servedIdentity} has the rules. */
export function podIdentity(pod: PodSummary, caches: InjectionCaches, configuration: Configuration): PodIdentity {
  const { namespace, labels, annotations } = pod;
  const { virtualNode, mesh } = readAnnotations({ metadata: { annotations } }).values;
  const choice: MeshChoice = {
    meshes: caches.meshes.cache.list(""),
    namespace: { name: namespace, labels: caches.namespaces.cache.get("", namespace)?.labels ?? {} },
    standard: configuration.meshName,
    accountId: configuration.accountId,
  };
  const identity = servedIdentity({
    claim: { labels, virtualNode, mesh },
    nodes: caches.virtualNodes.cache.list(namespace),
    gateways: caches.virtualGateways.cache.list(namespace),
    choice,
    shared: () => sharedNodesOf(caches, choice.namespace),
    nameByOwner: () => nameOfOwner(pod, caches, configuration),
  });
  if (identity.kind === "unresolved") return unresolved(identity, pod);
  const { kind, mesh: path, role, id, object } = identity;
  return { kind, mesh: path, role, id, object };
}

function unresolved(
  { problem, candidates }: Extract<ServedIdentity, { kind: "unresolved" }>,
  { injectedAs }: PodSummary,
): PodIdentity {
  const one = candidates.find(({ kind, object }) => injectedAs.endsWith(`/${kind}/${object.awsName}`));
  return { kind: "unresolved", problem, injectedAs: one && servedObject(one, one.object) };
}

/** As when the pod was injected: before a generated name was made. A pod that is there has a name. */
function nameOfOwner(pod: PodSummary, caches: InjectionCaches, configuration: Configuration): string {
  const { name, namespace, labels, generateName } = pod;
  const metadata = { ...metadataAsSent({ name, generateName }), labels };
  const workload = workloadName({ metadata }, ownerOf(pod, caches))?.name ?? name;
  return nameByOwner(configuration.virtualNodeNaming, namespace, workload);
}

function ownerOf({ controller, namespace }: PodSummary, caches: InjectionCaches): OwnerFacts {
  return knownOwner(controller, (direct) => cachedWorkload(caches, namespace, direct), "it is not known yet");
}
