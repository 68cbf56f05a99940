import type { Resource } from "../kube/informer.ts";
import type { OwnerLink } from "../model/facts.ts";
import { type JsonObject, member, objectsOf, stringMapOf, stringOf } from "../model/json.ts";
import { APPMESH_PREFIX, RECORD_KEY } from "../model/names.ts";
import { controllerOf } from "../model/owner.ts";
import type { ProxyTraits } from "../model/proxy-traits.ts";
import { type UnreadySidecar, unreadySidecar } from "../model/sidecar-start.ts";
import { podTraits } from "./pod-traits.ts";

/** What is kept of a pod: who it is, whose it is, and how far it has come. */
export interface PodSummary {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Empty unless the API server made the name out of it. */
  readonly generateName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Only those of App Mesh: with the sidecar's own, which hold kilobytes, thousands of pods would fill the memory. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Whether it carries the record of an injection. */
  readonly injected: boolean;
  /** The direct controller, such as a ReplicaSet. */
  readonly controller: OwnerLink | undefined;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  readonly ready: boolean;
  /** Why its sidecar is not ready; undefined: it is, or there is nothing but to wait, or there is none. */
  readonly unready: UnreadySidecar | undefined;
  /** Milliseconds since 1970, by the API server's clock, exact to the second. */
  readonly created: number;
  /** Its deletion was asked for; it may still run for its grace period. */
  readonly terminating: boolean;
  /** Names of all its containers, init containers first. */
  readonly containers: readonly string[];
  /** Empty until it has one. */
  readonly podIp: string;
  /** Empty until it is scheduled. */
  readonly nodeName: string;
  readonly serviceAccountName: string;
  readonly hostNetwork: boolean;
  /** How its proxy is to be configured; the same object for pods that want the same. */
  readonly traits: ProxyTraits;
}

/** All pods of the cluster, each cut down to its {@link PodSummary}. */
export const PODS: Resource<PodSummary> = {
  name: "pods",
  path: "/api/v1/pods",
  content: "whole",
  presence: "always",
  project: podSummary,
};

export function podSummary(pod: JsonObject): PodSummary {
  const metadata = member(pod, "metadata");
  const spec = member(pod, "spec");
  const status = member(pod, "status");
  const annotations = stringMapOf(member(metadata, "annotations"));
  const text = (parent: typeof spec, key: string): string => stringOf(member(parent, key)) ?? "";
  const names = (key: string): string[] => objectsOf(member(spec, key)).map((container) => text(container, "name"));
  return {
    namespace: text(metadata, "namespace"),
    name: text(metadata, "name"),
    uid: text(metadata, "uid"),
    generateName: text(metadata, "generateName"),
    labels: stringMapOf(member(metadata, "labels")),
    annotations: meshAnnotations(annotations),
    injected: Object.hasOwn(annotations, RECORD_KEY),
    controller: controllerOf(pod),
    phase: text(status, "phase"),
    ready: objectsOf(member(status, "conditions")).some(
      (condition) => condition["type"] === "Ready" && condition["status"] === "True",
    ),
    unready: unreadySidecar(pod),
    created: Date.parse(text(metadata, "creationTimestamp")),
    terminating: member(metadata, "deletionTimestamp") !== undefined,
    containers: [...names("initContainers"), ...names("containers")],
    podIp: text(status, "podIP"),
    nodeName: text(spec, "nodeName"),
    serviceAccountName: text(spec, "serviceAccountName"),
    hostNetwork: member(spec, "hostNetwork") === true,
    traits: podTraits(pod),
  };
}

function meshAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(APPMESH_PREFIX)));
}
