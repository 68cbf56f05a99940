import type { Resource } from "../kube/informer.ts";
import type { LimitRangeFacts, OwnerLink, QuotaFacts } from "../model/facts.ts";
import { type Json, type JsonObject, member, objectsOf, stringMapOf, stringOf } from "../model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../model/kinds.ts";
import { type MeshFacts, meshFacts, type NodeFacts, nodeFacts } from "../model/mesh-objects.ts";
import { nameOf } from "../model/object-metadata.ts";
import { type Leaving, leavingObject } from "../model/old-finalizers.ts";
import { controllerOf } from "../model/owner.ts";
import { type ParsedObject, parseObject } from "../model/parse-object.ts";
import { TRUST, trustPem } from "../model/trust.ts";

/** What is kept of a ReplicaSet or a Job. */
export interface WorkloadFacts {
  readonly uid: string;
  readonly controller: OwnerLink | undefined;
}

/** What is kept of a namespace. */
export interface NamespaceMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What injection asks of a cluster, each with the fields that it uses. */
export const RESOURCES = {
  namespaces: metadataOf("namespaces", "/api/v1/namespaces", namespaceMetadata),
  replicaSets: metadataOf("replicasets", "/apis/apps/v1/replicasets", workloadFacts),
  jobs: metadataOf("jobs", "/apis/batch/v1/jobs", workloadFacts),
  limitRanges: whole("limitranges", "/api/v1/limitranges", limitRangeFacts),
  quotas: whole("resourcequotas", "/api/v1/resourcequotas", quotaFacts),
  meshes: ofKind<MeshFacts>("Mesh", meshFacts),
  virtualNodes: ofKind<NodeFacts>("VirtualNode", nodeFacts),
  virtualGateways: ofKind<NodeFacts>("VirtualGateway", nodeFacts),
  trust: {
    ...whole("trust", `/api/v1/namespaces/${TRUST.namespace}/configmaps`, trustPem),
    fieldSelector: `metadata.name=${TRUST.name}`,
  },
} as const;

/** kubectl's copy of the whole object: by far the largest annotation, and used by nobody here. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

export function namespaceMetadata(object: JsonObject): NamespaceMetadata {
  const metadata = member(object, "metadata");
  const { [LAST_APPLIED]: _, ...annotations } = stringMapOf(member(metadata, "annotations"));
  return { labels: stringMapOf(member(metadata, "labels")), annotations };
}

export function workloadFacts(object: JsonObject): WorkloadFacts {
  return { uid: stringOf(member(member(object, "metadata"), "uid")) ?? "", controller: controllerOf(object) };
}

export function limitRangeFacts(object: JsonObject): LimitRangeFacts {
  const limits = objectsOf(member(member(object, "spec"), "limits")).map((limit) => ({
    type: stringOf(member(limit, "type")) ?? "",
    min: quantities(member(limit, "min")),
    max: quantities(member(limit, "max")),
    default: quantities(member(limit, "default")),
    defaultRequest: quantities(member(limit, "defaultRequest")),
    maxLimitRequestRatio: quantities(member(limit, "maxLimitRequestRatio")),
  }));
  return { name: nameOf(object), limits };
}

export function quotaFacts(object: JsonObject): QuotaFacts {
  return { name: nameOf(object), hard: quantities(member(member(object, "spec"), "hard")) };
}

function metadataOf<T>(name: string, path: string, project: (object: JsonObject) => T): Resource<T> {
  return { name, path, content: "metadata", presence: "always", project };
}

function whole<T>(name: string, path: string, project: (object: JsonObject) => T): Resource<T> {
  return { name, path, content: "whole", presence: "always", project };
}

function ofKind<T>(kind: Kind, project: (object: JsonObject) => T): Resource<T> {
  const { plural } = KIND_FACTS[kind];
  return {
    name: plural,
    path: `/apis/${APPMESH_API_VERSION}/${plural}`,
    content: "whole",
    presence: "when-installed",
    project,
  };
}

/** What the control plane keeps of an App Mesh object: all that can be read of it, what injection looks at, and whether it waits to be let go. */
export interface MeshResource<Facts> {
  readonly parsed: ParsedObject;
  readonly facts: Facts;
  readonly leaving: Leaving;
}

/** A kind of App Mesh for a reader of all of this. */
export function meshResource<Facts>(kind: Kind, facts: (object: JsonObject) => Facts): Resource<MeshResource<Facts>> {
  return ofKind(kind, (object) => ({
    // a list's entries need not say what they are
    parsed: parseObject({ ...object, apiVersion: APPMESH_API_VERSION, kind }),
    facts: facts(object),
    leaving: leavingObject(object),
  }));
}

/** Quantities may be numbers in a manifest, but the API server stores them as text. */
function quantities(value: Json | undefined): Readonly<Record<string, string>> {
  return stringMapOf(value);
}
