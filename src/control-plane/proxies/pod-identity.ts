import type { InjectionCaches } from "../../cluster/caches.ts";
import { cachedWorkload, knownOwner } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { sharedNodesOf } from "../../cluster/shared-nodes.ts";
import type { Configuration } from "../../config/schema.ts";
import { podIdentity as identityBy, type PodIdentity } from "../../inject/pod-identity.ts";

export type { PodIdentity };

/** The virtual node of a pod, from what the caches know now. */
export function podIdentity(pod: PodSummary, caches: InjectionCaches, configuration: Configuration): PodIdentity {
  const known = {
    meshes: () => caches.meshes.cache.list(""),
    labelsOf: (name: string) => caches.namespaces.cache.get("", name)?.labels ?? {},
    nodes: (name: string) => caches.virtualNodes.cache.list(name),
    gateways: (name: string) => caches.virtualGateways.cache.list(name),
    shared: (namespace: Parameters<typeof sharedNodesOf>[1]) => sharedNodesOf(caches, namespace),
    owner: () =>
      knownOwner(pod.controller, (direct) => cachedWorkload(caches, pod.namespace, direct), "it is not known yet"),
  };
  return identityBy(pod, known, configuration);
}
