import type { NamespaceFacts, ServiceFacts } from "../src/model/facts.ts";
import { type JsonObject, stringMapOf } from "../src/model/json.ts";
import type { Kind } from "../src/model/kinds.ts";
import type { MeshChange } from "../src/model/mesh-change.ts";
import { type MeshObject, type ObjectRef, refOf } from "../src/model/mesh-object.ts";
import { parseObject } from "../src/model/parse-object.ts";

/** An App Mesh object as the API server would give it. Throws where the spec does not fit its schema. */
export function meshObject(kind: Kind, place: string, spec: JsonObject = {}, metadata: JsonObject = {}): MeshObject {
  const { name, namespace } = placed(place);
  const where = { name, ...(namespace !== undefined && { namespace }), uid: `uid-of-${place}` };
  const raw = { apiVersion: "appmesh.k8s.aws/v1beta2", kind, metadata: { ...where, ...metadata }, spec };
  const parsed = parseObject(raw);
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  return parsed.object;
}

/** A Mesh that selects the namespaces with the label `mesh: <name>`. */
export function aMeshObject(name: string, spec: JsonObject = {}, annotations: JsonObject = {}): MeshObject {
  return meshObject("Mesh", name, { namespaceSelector: { matchLabels: { mesh: name } }, ...spec }, { annotations });
}

/** A node that listens on ports with HTTP and is found by a name like its own. */
export function aVirtualNode(
  place: string,
  ports: readonly number[],
  spec: JsonObject = {},
  metadata: JsonObject = {},
): MeshObject {
  const [namespace = "", name = ""] = place.split("/");
  return meshObject(
    "VirtualNode",
    place,
    {
      listeners: ports.map((port) => ({ portMapping: { port, protocol: "http" } })),
      serviceDiscovery: { dns: { hostname: `${name}.${namespace}.svc.cluster.local` } },
      ...spec,
    },
    metadata,
  );
}

/** A spec's `backends` by references such as `web` or `shop/web`. */
export function backends(...places: readonly string[]): JsonObject {
  return { backends: places.map((place) => ({ virtualService: { virtualServiceRef: referenceTo(place) } })) };
}

export function referenceTo(place: string): JsonObject {
  const { name, namespace } = placed(place);
  return { name, ...(namespace !== undefined && { namespace }) };
}

/** A place in its parts: `<namespace>/<name>`, or a name alone. */
export function placed(place: string): { readonly name: string; readonly namespace: string | undefined } {
  const [name = "", namespace] = place.split("/").toReversed();
  return { name, namespace };
}

export function aNamespace(
  name: string,
  labels: JsonObject = { mesh: "main" },
  annotations: JsonObject = {},
): NamespaceFacts {
  return { name, labels: stringMapOf(labels), annotations: stringMapOf(annotations) };
}

/** The change by which an object comes, or becomes what it is. */
export function put(object: MeshObject, before?: MeshObject): MeshChange {
  return { kind: "object", ref: refOf(object), before, after: object, refused: [] };
}

export function gone(ref: ObjectRef): MeshChange {
  return { kind: "object", ref, before: undefined, after: undefined, refused: [] };
}

export function putNamespace(after: NamespaceFacts): MeshChange {
  return { kind: "namespace", name: after.name, before: undefined, after };
}

/** The change by which a Kubernetes Service has these addresses. */
export function putService(place: string, ...addresses: readonly string[]): MeshChange {
  return putFacts(place, { addresses });
}

/** The change by which this is known of a Kubernetes Service; one without anything is headless, has port 80 and a slice without endpoints. */
export function putFacts(place: string, facts: Partial<ServiceFacts>): MeshChange {
  const [namespace = "", name = ""] = place.split("/");
  const after = { addresses: [], endpoints: new Map(), headless: true, ports: [80], hasSlices: true, ...facts };
  return { kind: "service", namespace, name, before: undefined, after };
}

export function goneService(place: string): MeshChange {
  const [namespace = "", name = ""] = place.split("/");
  return { kind: "service", namespace, name, before: undefined, after: undefined };
}

export function goneNamespace(name: string): MeshChange {
  return { kind: "namespace", name, before: undefined, after: undefined };
}
