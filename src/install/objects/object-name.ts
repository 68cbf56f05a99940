import { type JsonObject, member, stringMapOf, stringOf } from "../../model/json.ts";

/** The parts of an object that tell it from all others. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for what belongs to the cluster. */
  readonly namespace?: string;
}

export function objectNameOf(object: JsonObject): ObjectName {
  const metadata = member(object, "metadata");
  const namespace = stringOf(member(metadata, "namespace"));
  return {
    apiVersion: stringOf(member(object, "apiVersion")) ?? "",
    kind: stringOf(member(object, "kind")) ?? "",
    name: stringOf(member(metadata, "name")) ?? "",
    ...(namespace !== undefined && { namespace }),
  };
}

/** For people: `Deployment appmesh-inject/aws-app-mesh-inject`. */
export function titleOf(object: JsonObject): string {
  const { kind, namespace, name } = objectNameOf(object);
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

export function labelsOf(object: JsonObject): Readonly<Record<string, string>> {
  return stringMapOf(member(member(object, "metadata"), "labels"));
}

export function annotationsOf(object: JsonObject): Readonly<Record<string, string>> {
  return stringMapOf(member(member(object, "metadata"), "annotations"));
}
