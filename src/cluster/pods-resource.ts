import type { Resource } from "../kube/informer.ts";
import type { OwnerLink } from "../model/facts.ts";
import { type Json, type JsonObject, jsonIn, member, objectsOf, stringMapOf, stringOf } from "../model/json.ts";
import { APPMESH_PREFIX, CLOUD_MAP_GATE, RECORD_KEY } from "../model/names.ts";
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
  /** As what, such as `mesh/shop/virtualNode/web_shop`; empty where no record says it. */
  readonly injectedAs: string;
  /** The direct controller, such as a ReplicaSet. */
  readonly controller: OwnerLink | undefined;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  /** With its readiness gates, as Services count it. */
  readonly ready: boolean;
  /** Whether all its containers are ready, whatever its readiness gates say. */
  readonly containersReady: boolean;
  /** Whether its cluster node does not answer, so that nobody knows how it is. */
  readonly lost: boolean;
  /** Milliseconds since 1970 when its containers became ready, where it waits for App Mesh's readiness gate for Cloud Map since; else undefined. */
  readonly gateSince: number | undefined;
  /** Why its sidecar is not ready; undefined: it is, or there is nothing but to wait, or there is none. */
  readonly unready: UnreadySidecar | undefined;
  /** Milliseconds since 1970, by the API server's clock, exact to the second. */
  readonly created: number;
  /** When its grace period ends, in milliseconds since 1970; undefined unless its deletion was asked for. It may run until then. */
  readonly deletion: number | undefined;
  /** Names of all its containers, init containers first. */
  readonly containers: readonly string[];
  /** One of each family that it has, its own first; none until it has one. */
  readonly addresses: readonly string[];
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

/** Names of a mesh and a node have 255 characters each. */
const LONGEST_RESOURCE = 1024;

export function podSummary(pod: JsonObject): PodSummary {
  const metadata = member(pod, "metadata");
  const spec = member(pod, "spec");
  const status = member(pod, "status");
  const annotations = stringMapOf(member(metadata, "annotations"));
  const text = (parent: typeof spec, key: string): string => stringOf(member(parent, key)) ?? "";
  const names = (key: string): string[] => objectsOf(member(spec, key)).map((container) => text(container, "name"));
  const conditions = objectsOf(member(status, "conditions"));
  const holds = (type: string): boolean =>
    conditions.some((condition) => condition["type"] === type && condition["status"] === "True");
  const deletion = text(metadata, "deletionTimestamp");
  return {
    namespace: text(metadata, "namespace"),
    name: text(metadata, "name"),
    uid: text(metadata, "uid"),
    generateName: text(metadata, "generateName"),
    labels: stringMapOf(member(metadata, "labels")),
    annotations: meshAnnotations(annotations),
    injected: Object.hasOwn(annotations, RECORD_KEY),
    injectedAs: resourceOf(annotations[RECORD_KEY]),
    controller: controllerOf(pod),
    phase: text(status, "phase"),
    ready: holds("Ready"),
    containersReady: holds("ContainersReady"),
    lost: isLost(spec, conditions, holds),
    gateSince: deletion === "" && !holds(CLOUD_MAP_GATE) ? gateSince(spec, conditions) : undefined,
    unready: unreadySidecar(pod),
    created: Date.parse(text(metadata, "creationTimestamp")),
    deletion: deletion === "" ? undefined : Date.parse(deletion),
    containers: [...names("initContainers"), ...names("containers")],
    addresses: addressesOf(status),
    nodeName: text(spec, "nodeName"),
    serviceAccountName: text(spec, "serviceAccountName"),
    hostNetwork: member(spec, "hostNetwork") === true,
    traits: podTraits(pod),
  };
}

/**
 * When a pod's node does not answer, Kubernetes takes Ready from it and leaves ContainersReady
 * (https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/util/node/controller_utils.go, MarkPodsNotReady): it is not ready
 * although its containers are, and not for a readiness gate. Of one that was just opened a kubelet says for a moment that it is missing.
 */
function isLost(spec: Json | undefined, conditions: readonly JsonObject[], holds: (type: string) => boolean): boolean {
  const ready = conditions.find(({ type }) => type === "Ready");
  if (ready === undefined || ready["status"] === "True" || !holds("ContainersReady")) return false;
  if (ready["reason"] === "ReadinessGatesNotReady") return false;
  return objectsOf(member(spec, "readinessGates")).every(({ conditionType }) => holds(stringOf(conditionType) ?? ""));
}

function gateSince(spec: Json | undefined, conditions: readonly JsonObject[]): number | undefined {
  const gates = objectsOf(member(spec, "readinessGates"));
  if (!gates.some(({ conditionType }) => conditionType === CLOUD_MAP_GATE)) return undefined;
  const ready = conditions.find(({ type, status }) => type === "ContainersReady" && status === "True");
  if (ready === undefined) return undefined;
  const since = Date.parse(stringOf(ready["lastTransitionTime"]) ?? "");
  return Number.isNaN(since) ? 0 : since;
}

/** The record's member of that name. Anybody who may write pods can write one, so it only chooses among what the pod may be. */
function resourceOf(record: string | undefined): string {
  return stringOf(member(jsonIn(record ?? ""), "resource"))?.slice(0, LONGEST_RESOURCE) ?? "";
}

/** Before a pod has addresses of both families its API server may name the first one only. */
function addressesOf(status: Json | undefined): readonly string[] {
  const all = objectsOf(member(status, "podIPs")).flatMap(({ ip }) => stringOf(ip) ?? []);
  return all.length > 0 ? all : [stringOf(member(status, "podIP")) ?? ""].filter((address) => address !== "");
}

function meshAnnotations(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(APPMESH_PREFIX)));
}
