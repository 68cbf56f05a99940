import { customResourceDefinitions } from "../src/install/objects/custom-resource-definitions.ts";
import { type Json, type JsonObject, objectOf, objectsOf } from "../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../src/model/kinds.ts";
import { OLD_FINALIZERS } from "../src/model/old-finalizers.ts";
import { placed } from "./mesh-objects.ts";

/* What App Mesh's own controller left in a cluster: CRDs and objects in the form that it gave them. */

const [MESH_MEMBERS, GATEWAY_MEMBERS, RESOURCES, CLOUD_MAP] = OLD_FINALIZERS;

/** The finalizers that the controller set on each kind. */
const FINALIZERS: Readonly<Record<Kind, readonly string[]>> = {
  Mesh: [MESH_MEMBERS, RESOURCES],
  VirtualNode: [RESOURCES, CLOUD_MAP],
  VirtualRouter: [RESOURCES],
  VirtualService: [RESOURCES],
  VirtualGateway: [GATEWAY_MEMBERS, RESOURCES],
  GatewayRoute: [RESOURCES],
  BackendGroup: [],
};

/**
 * The CRDs as they were applied with kubectl from the chart's folder: closed schemas and columns of their own. What
 * fields they have is ours, as nothing is copied.
 */
export function oldDefinitions(): readonly JsonObject[] {
  return customResourceDefinitions().map((definition) => {
    const spec = objectOf(definition.spec);
    const [version = {}] = objectsOf(spec["versions"]);
    const { additionalPrinterColumns: _, ...old } = version;
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {
        name: objectOf(definition.metadata)["name"] ?? "",
        annotations: { "controller-gen.kubebuilder.io/version": "v0.6.0" },
      },
      spec: { ...spec, versions: [closed(old)] },
    };
  });
}

/** Without what lets unknown fields through. */
function closed<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map((one: Json) => closed(one)) as unknown as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key]) => key !== "x-kubernetes-preserve-unknown-fields" && key !== "x-kubernetes-validations",
  );
  return Object.fromEntries(entries.map(([key, one]) => [key, closed(one as Json)])) as T;
}

/** An object as the controller left it: with finalizers, in its mesh, and what it said of it last (a status is another resource). */
export function oldObject(kind: Kind, place: string, spec: JsonObject, mesh?: JsonObject): JsonObject {
  const { name, namespace } = placed(place);
  const awsName =
    kind === "VirtualService" ? `${name}.${namespace}` : namespace === undefined ? name : `${name}_${namespace}`;
  return {
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), finalizers: [...FINALIZERS[kind]] },
    spec: { ...(kind !== "BackendGroup" && { awsName }), ...(mesh && { meshRef: mesh }), ...spec },
  };
}

/** The status that it wrote: no reasons, no messages, ARNs of an account. */
export function oldStatus(kind: Kind, awsName: string): JsonObject {
  const { condition, arnField } = KIND_FACTS[kind];
  if (condition === undefined || arnField === undefined) return {};
  const since = "2024-05-01T10:00:00Z";
  return {
    conditions: [{ type: condition, status: "True", lastTransitionTime: since }],
    [arnField]: `arn:aws:appmesh:us-west-2:111122223333:mesh/old/${awsName}`,
    observedGeneration: 1,
  };
}
