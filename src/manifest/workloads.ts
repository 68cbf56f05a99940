import { pointer } from "../inject/json-patch.ts";
import { isObject, type Json, type JsonObject, listOf, member, stringOf } from "../model/json.ts";
import { MAX_LIST_DEPTH } from "./limits.ts";

/** An object of a manifest, whether it stands alone or in a List. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** `metadata.name`, else `metadata.generateName`, else empty. */
  readonly name: string;
  readonly namespace: string | undefined;
  /** JSON pointer from the document to the object; empty for the document itself. */
  readonly pointer: string;
  readonly json: JsonObject;
}

/** A pod, or an object whose controller makes pods from a template. */
export interface Workload extends ManifestObject {
  /** JSON pointer from the document to the pod or its template. */
  readonly podPointer: string;
  /** The pod or the template exactly as it is written: `metadata` and `spec`. */
  readonly pod: JsonObject;
}

/** The Kubernetes objects of one document; the members of Lists one by one. */
export function objectsOfDocument(json: Json): readonly ManifestObject[] {
  return objectsAt(json, "", {}, 0);
}

/** The objects of one document that are pods or have a pod template, in their order. */
export function workloadsOf(objects: readonly ManifestObject[]): readonly Workload[] {
  return objects.flatMap((object) => {
    const tokens = podPath(object);
    if (tokens === undefined) return [];
    const pod = tokens.reduce<Json | undefined>((node, token) => member(node, token), object.json);
    return isObject(pod) ? [{ ...object, pod, podPointer: object.pointer + pointer(...tokens) }] : [];
  });
}

interface Implied {
  readonly apiVersion?: string;
  readonly kind?: string;
}

function objectsAt(json: Json, at: string, implied: Implied, depth: number): readonly ManifestObject[] {
  if (!isObject(json)) return [];
  const apiVersion = stringOf(json.apiVersion) ?? implied.apiVersion ?? "";
  const kind = stringOf(json.kind) ?? implied.kind ?? "";
  const items = member(json, "items");
  if (kind.endsWith("List") && Array.isArray(items) && depth < MAX_LIST_DEPTH) {
    // members of a PodList may leave out what the list's kind says; those of a List say it themselves
    const ofMembers = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
    return listOf(items).flatMap((item, index) => objectsAt(item, at + pointer("items", index), ofMembers, depth + 1));
  }
  if (kind === "") return [];
  const metadata = member(json, "metadata");
  const name = stringOf(member(metadata, "name")) || stringOf(member(metadata, "generateName")) || "";
  const namespace = stringOf(member(metadata, "namespace")) || undefined;
  return [{ apiVersion, kind, name, namespace, pointer: at, json }];
}

/** Kinds whose pod template is somewhere else than at `spec.template`. */
const OWN_PATHS: Readonly<Record<string, readonly string[]>> = {
  "v1/Pod": [],
  "v1/PodTemplate": ["template"],
  "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
};

/** Kinds of Kubernetes itself with a template at `spec.template`; of other kinds the template must hold containers. */
const TEMPLATED = new Set([
  "v1/ReplicationController",
  "apps/Deployment",
  "apps/ReplicaSet",
  "apps/StatefulSet",
  "apps/DaemonSet",
  "batch/Job",
]);

function podPath({ apiVersion, kind, json }: ManifestObject): readonly string[] | undefined {
  const type = `${groupOrVersion(apiVersion)}/${kind}`;
  const own = Object.hasOwn(OWN_PATHS, type) ? OWN_PATHS[type] : undefined;
  if (own !== undefined) return own;
  const template = member(member(json, "spec"), "template");
  const hasContainers = Array.isArray(member(member(template, "spec"), "containers"));
  return TEMPLATED.has(type) || hasContainers ? ["spec", "template"] : undefined;
}

/** `batch/v1` and `batch/v1beta1` are one group to us; the core group has only its version. */
function groupOrVersion(apiVersion: string): string {
  return apiVersion.split("/")[0] as string;
}
