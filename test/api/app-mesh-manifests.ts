import type { JsonObject } from "../../src/model/json.ts";
import { APPMESH_API_VERSION, KIND_FACTS, type Kind } from "../../src/model/kinds.ts";
import { placed, referenceTo } from "../mesh-objects.ts";

/* Manifests of App Mesh objects, as people write them: without the fields that are written into them. */

/** `place`: `<namespace>/<name>`, or the name of a Mesh. */
export function object(kind: Kind, place: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  const { name, namespace } = placed(place);
  return {
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), ...metadata },
    spec,
  };
}

/** A Mesh that selects the namespaces with the label `mesh: <name>`. */
export function mesh(name: string, spec: JsonObject = {}, annotations: JsonObject = {}): JsonObject {
  const selecting = { namespaceSelector: { matchLabels: { mesh: name } }, ...spec };
  return object("Mesh", name, selecting, { ...(Object.keys(annotations).length > 0 && { annotations }) });
}

/** A node that listens on 8080 with HTTP, at the Service of its own name. */
export function node(place: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  const { name, namespace } = placed(place);
  const listening = {
    podSelector: { matchLabels: { app: name } },
    listeners: [{ portMapping: { port: 8080, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: `${name}.${namespace}.svc.cluster.local` } },
  };
  return object("VirtualNode", place, { ...listening, ...spec }, metadata);
}

/** A route for everything, to nodes by their places with a weight each. */
export function route(name: string, targets: Readonly<Record<string, number>>): JsonObject {
  const weightedTargets = Object.entries(targets).map(([place, weight]) => ({
    virtualNodeRef: referenceTo(place),
    weight,
  }));
  return { name, httpRoute: { match: { prefix: "/" }, action: { weightedTargets } } };
}

export function router(place: string, ...routes: readonly JsonObject[]): JsonObject {
  return object("VirtualRouter", place, { listeners: [{ portMapping: { port: 8080, protocol: "http" } }], routes });
}

/** A service that a router of its own name provides. */
export function service(place: string, spec: JsonObject = {}): JsonObject {
  const { name } = placed(place);
  const provider = { virtualRouter: { virtualRouterRef: { name } } };
  return object("VirtualService", place, { provider, ...spec });
}

/** A gateway for the routes of the namespaces with these labels. */
export function gateway(place: string, matchLabels: JsonObject, spec: JsonObject = {}): JsonObject {
  const listeners = [{ portMapping: { port: 8088, protocol: "http" } }];
  return object("VirtualGateway", place, { namespaceSelector: { matchLabels }, listeners, ...spec });
}

/** A route of a gateway, to a service. */
export function gatewayRoute(place: string, target: string, match: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  const action = { target: { virtualService: { virtualServiceRef: referenceTo(target) } } };
  return object("GatewayRoute", place, { httpRoute: { match: { prefix: "/", ...match }, action }, ...spec });
}

/** Path of an object, or of all of its kind there when the place ends with a slash. */
export function pathOf(kind: Kind, place: string): string {
  const { name, namespace } = placed(place);
  const where = namespace === undefined ? "" : `namespaces/${namespace}/`;
  return `/apis/${APPMESH_API_VERSION}/${where}${KIND_FACTS[kind].plural}${name === "" ? "" : `/${name}`}`;
}
