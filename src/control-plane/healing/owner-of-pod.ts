import { cachedWorkload, type OwnerCaches } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { EventSubject } from "../../kube/event-object.ts";
import type { OwnerFacts, OwnerLink } from "../../model/facts.ts";
import { needsLookup } from "../../model/owner.ts";

/**
 * What a person calls the pod's workload, as far as the caches know it: its Deployment, CronJob, StatefulSet, …; the direct
 * controller where they do not; undefined for a bare pod.
 */
export function workloadOf(pod: PodSummary, caches: OwnerCaches): OwnerLink | undefined {
  const { controller } = pod;
  if (controller === undefined || !needsLookup(controller)) return controller;
  return cachedWorkload(caches, pod.namespace, controller)?.controller ?? controller;
}

/** The object that events about a pod are written on: its workload, or the pod itself when it is bare or a Node's. */
export function eventSubject(pod: PodSummary, owner: OwnerFacts): EventSubject {
  const link = ownerLink(owner);
  // a Node owns the mirrors of its static pods, and has no namespace for an event
  if (link !== undefined && link.kind !== "Node") return { ...link, namespace: pod.namespace };
  return { apiVersion: "v1", kind: "Pod", namespace: pod.namespace, name: pod.name, uid: pod.uid };
}

function ownerLink(owner: OwnerFacts): OwnerLink | undefined {
  switch (owner.kind) {
    case "known":
      return owner.owner;
    case "lookup-failed":
      return owner.direct;
    case "none":
      return undefined;
  }
}

const RECREATING = new Set([
  "apps/v1 ReplicaSet",
  "apps/v1 StatefulSet",
  "apps/v1 DaemonSet",
  "v1 ReplicationController",
]);

/**
 * Whether this controller is known to create a pod again that is evicted. A Job does, but counts the eviction as a failure and begins
 * its work again; what other controllers do is not known.
 */
export function recreates(controller: OwnerLink | undefined): boolean {
  return controller !== undefined && RECREATING.has(`${controller.apiVersion} ${controller.kind}`);
}
