import { type Json, type JsonObject, member, numberOf, objectOf, objectsOf, stringMapOf, stringOf } from "./json.ts";
import { nameOf } from "./object-metadata.ts";
import type { LabelSelector } from "./selector.ts";
import { sharedNamespaces } from "./shared-namespaces.ts";

/** What injection needs of a Mesh custom resource (mesh-model: `appmesh.k8s.aws/v1beta2`). */
export interface MeshFacts {
  readonly name: string;
  /** `spec.awsName`, by default the object's name. */
  readonly awsName: string;
  /** Absent selects no namespace; an empty selector selects all of them. */
  readonly namespaceSelector?: LabelSelector;
  /** AWS account that owns the mesh; a mesh of another account is addressed as `name@owner`. */
  readonly meshOwner?: string;
}

/** What injection needs of a VirtualNode or a VirtualGateway. */
export interface NodeFacts {
  readonly name: string;
  readonly namespace: string;
  /** `spec.awsName`, by default `<name>_<namespace>`. */
  readonly awsName: string;
  /** Absent selects no pod; an empty selector selects every pod of the namespace. */
  readonly podSelector?: LabelSelector;
  /** Name of the Mesh object, where `spec.meshRef` is filled in. */
  readonly meshRef?: string;
  readonly listenerPorts: readonly number[];
  /** The node is discovered by AWS Cloud Map (`spec.serviceDiscovery.awsCloudMap`). */
  readonly cloudMap: boolean;
  /** Other namespaces whose pods may name it, or `*` (`model/shared-namespaces.ts`); absent: none. */
  readonly sharedWith?: readonly string[];
}

/** Projects a Mesh object to the fields that are used; anything malformed is treated as absent. */
export function meshFacts(object: JsonObject): MeshFacts {
  const spec = member(object, "spec");
  const name = nameOf(object);
  const selector = selectorOf(member(spec, "namespaceSelector"));
  const owner = member(spec, "meshOwner");
  return {
    name,
    awsName: stringOf(member(spec, "awsName")) || name,
    ...(selector && { namespaceSelector: selector }),
    ...((typeof owner === "string" || typeof owner === "number") && { meshOwner: String(owner) }),
  };
}

/** Projects a VirtualNode or VirtualGateway object to the fields that are used. */
export function nodeFacts(object: JsonObject): NodeFacts {
  const spec = member(object, "spec");
  const name = nameOf(object);
  const namespace = stringOf(member(member(object, "metadata"), "namespace")) ?? "default";
  const selector = selectorOf(member(spec, "podSelector"));
  const meshRef = stringOf(member(member(spec, "meshRef"), "name"));
  const shared = sharedNamespaces(stringMapOf(member(member(object, "metadata"), "annotations"))).names;
  const listenerPorts = objectsOf(member(spec, "listeners"))
    .map((listener) => numberOf(member(member(listener, "portMapping"), "port")))
    .filter((port) => port !== undefined);
  return {
    name,
    namespace,
    awsName: stringOf(member(spec, "awsName")) || `${name}_${namespace}`,
    ...(selector && { podSelector: selector }),
    ...(meshRef && { meshRef }),
    listenerPorts,
    cloudMap: member(member(spec, "serviceDiscovery"), "awsCloudMap") !== undefined,
    ...(shared.length > 0 && { sharedWith: shared }),
  };
}

function selectorOf(value: Json | undefined): LabelSelector | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const matchLabels = stringMapOf(member(value, "matchLabels"));
  // left out, a label that is no text would let the selector match more, even everything
  const neverMatched = Object.keys(objectOf(member(value, "matchLabels")))
    .filter((key) => !Object.hasOwn(matchLabels, key))
    .map((key) => ({ key, operator: "In", values: [] }));
  const matchExpressions = objectsOf(member(value, "matchExpressions")).map((expression) => ({
    key: stringOf(member(expression, "key")) ?? "",
    operator: stringOf(member(expression, "operator")) ?? "",
    values: (Array.isArray(member(expression, "values"))
      ? (member(expression, "values") as readonly Json[])
      : []
    ).filter((entry): entry is string => typeof entry === "string"),
  }));
  return { matchLabels, matchExpressions: [...matchExpressions, ...neverMatched] };
}
