import { pointer } from "../inject/json-patch.ts";
import { isObject, type Json, type JsonObject, listOf, member, stringOf } from "../model/json.ts";
import { MAX_LIST_DEPTH } from "./limits.ts";
import { podTemplates } from "./pod-templates.ts";

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

/** The objects of one document that are pods or have pod templates, in their order. */
export function workloadsOf(objects: readonly ManifestObject[]): readonly Workload[] {
  return objects.flatMap((object) =>
    podTemplates(object).templates.flatMap((tokens) => {
      const pod = tokens.reduce<Json | undefined>(
        (node, token) => member(node, token) ?? elementAt(node, token),
        object.json,
      );
      return isObject(pod) ? [{ ...object, pod, podPointer: object.pointer + pointer(...tokens) }] : [];
    }),
  );
}

function elementAt(node: Json | undefined, token: string): Json | undefined {
  return Array.isArray(node) ? (node as readonly Json[])[Number(token)] : undefined;
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
