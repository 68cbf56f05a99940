import type { JsonObject } from "./json.ts";
import { isKind, KIND_FACTS, type Kind } from "./kinds.ts";
import type { Condition } from "./object-status.ts";
import type { Specs } from "./spec-schemas.ts";

/** Names one object: namespace is empty for a Mesh. */
export interface ObjectRef<K extends Kind = Kind> {
  readonly kind: K;
  readonly namespace: string;
  readonly name: string;
}

/** What is used of an object's metadata. */
export interface ObjectMetadata {
  readonly name: string;
  /** Empty for a Mesh. */
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** RFC 3339 in UTC, as the API server writes it, so that texts compare as times; empty where there is none. */
  readonly created: string;
  /** A deletion timestamp is there: the object is on its way out. */
  readonly deleting: boolean;
}

/** An App Mesh object whose spec fits its schema. Nothing is filled in: what is absent is absent. */
export interface TypedObject<K extends Kind> {
  readonly kind: K;
  readonly metadata: ObjectMetadata;
  readonly spec: Specs[K];
  readonly conditions: readonly Condition[];
  readonly observedGeneration: number | undefined;
  /** Fields of its status with ARNs, as they were written last; absent ones are absent. */
  readonly arns: JsonObject;
  /** Fields that no schema knows, which are kept in the cluster and have no effect. */
  readonly unknownFields: readonly UnknownField[];
}
export type MeshObject = { [K in Kind]: TypedObject<K> }[Kind];

/** A field of an object that its schema does not know. */
export interface UnknownField {
  /** Such as `spec.listeners[0].healthCheck.pathh`. */
  readonly path: string;
  /** What helps: what to write instead, or where it belongs. */
  readonly help: string;
  /** What the object means without it, where that is more than is written: `the selector is empty and selects every pod of the namespace`. */
  readonly widens: string | undefined;
}

/** The reference to an object. */
export function refOf<K extends Kind>({ kind, metadata }: { kind: K; metadata: ObjectMetadata }): ObjectRef<K> {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

/** `VirtualNode/shop/web`, or `Mesh/main`: a key for maps, and how messages name an object. Names hold no slash. */
export type ObjectKey = string;
export function keyOf({ kind, namespace, name }: ObjectRef): ObjectKey {
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** Whether a reference, such as that of a name's owner, is to this object. */
export function sameObject(ref: ObjectRef, found: ObjectRef | undefined): boolean {
  return found !== undefined && keyOf(found) === keyOf(ref);
}

/** The inverse of {@link keyOf}, of a text that anybody may have written; undefined where it is no such key. */
export function refIn(key: string): ObjectRef | undefined {
  const [kind = "", ...place] = key.split("/");
  const [name = "", namespace = ""] = place.toReversed();
  if (!isKind(kind) || name === "" || place.length > 2) return undefined;
  if ((KIND_FACTS[kind].scope === "Cluster") !== (namespace === "")) return undefined;
  return { kind, namespace, name };
}
