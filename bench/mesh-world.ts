import { type JsonObject, objectOf, stringOf } from "../src/model/json.ts";
import { APPMESH_API_VERSION } from "../src/model/kinds.ts";
import { endpointsName } from "../src/xds/translate/endpoints.ts";
import type { KubeStandIn } from "./xds-kube.ts";

const MESH = "bench";
const NAMESPACE = "bench";
/** Backends of each node. */
const BACKENDS = 3;
/** The services of which weights are moved: every node calls the one, and the first two nodes the other. */
export const MOVED = { everywhere: "shared", rarely: "rare" } as const;

/** How much a node of the pair behind a moved service gets. */
export interface Weights {
  readonly first: number;
  readonly second: number;
}

/**
 * A mesh of so many nodes `web-0` …, each of which calls the next three as most published meshes do; with `moved`, each of them also the
 * service `shared`, and the first two the service `rare`, both of which a router spreads over two nodes. All of them listen on `port`.
 */
export function meshObjects(nodes: number, moved: "moved" | "plain", port = 8080): readonly JsonObject[] {
  const backend = (name: string): JsonObject => ({ virtualService: { virtualServiceRef: { name } } });
  const web = Array.from({ length: nodes }, (_, index) => {
    const backends = Array.from({ length: BACKENDS }, (_, next) => backend(`web-${(index + next + 1) % nodes}`));
    if (moved === "moved") backends.push(backend(MOVED.everywhere));
    if (moved === "moved" && index < 2) backends.push(backend(MOVED.rarely));
    return [
      node(`web-${index}`, backends, port),
      service(`web-${index}`, { virtualNode: { virtualNodeRef: { name: `web-${index}` } } }),
    ];
  });
  const pairs = moved === "plain" ? [] : Object.values(MOVED).flatMap((name) => pair(name, port));
  return [
    object("Mesh", MESH, { namespaceSelector: { matchLabels: { mesh: MESH } }, egressFilter: { type: "DROP_ALL" } }),
    ...web.flat(),
    ...pairs,
  ];
}

/** The router of a moved service, with its weights. */
export function routerOf(name: string, { first, second }: Weights, port = 8080): JsonObject {
  const target = (which: string, weight: number): JsonObject => ({
    virtualNodeRef: { name: `${name}-${which}` },
    weight,
  });
  const weightedTargets = [target("first", first), target("second", second)];
  return object("VirtualRouter", name, {
    listeners: [{ portMapping: { port, protocol: "http" } }],
    routes: [{ name: "all", httpRoute: { match: { prefix: "/" }, action: { weightedTargets } } }],
  });
}

/** Puts the objects where a control plane finds them, with the namespace that the mesh selects. */
export function putObjects(kube: KubeStandIn, objects: readonly JsonObject[]): void {
  kube.put("/api/v1/namespaces", {
    kind: "Namespace",
    metadata: { name: NAMESPACE, labels: { mesh: MESH } },
  });
  for (const each of objects) putObject(kube, each);
}

/** Puts the Kubernetes Service of the first node behind a moved service, with so many members. */
export function putMembers(kube: KubeStandIn, moved: string, count: number, port = 8080): void {
  const name = firstOf(moved);
  const metadata = { name, namespace: NAMESPACE };
  kube.put("/api/v1/services", { metadata, spec: { clusterIP: "10.96.0.1", ports: [{ port }] } });
  kube.put("/apis/discovery.k8s.io/v1/endpointslices", {
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: Array.from({ length: count }, (_, index) => ({ addresses: [`10.0.0.${index + 1}`] })),
    ports: [{ port }],
  });
}

/** Name of the endpoints that a member changes. */
export function endpointsOf(moved: string, port = 8080): string {
  return endpointsName({ kind: "service", port: { namespace: NAMESPACE, service: firstOf(moved), port } }, undefined);
}

function firstOf(moved: string): string {
  return `${moved}-first`;
}

export function putObject(kube: KubeStandIn, each: JsonObject): void {
  const kind = (stringOf(each["kind"]) ?? "").toLowerCase();
  kube.put(`/apis/${APPMESH_API_VERSION}/${kind === "mesh" ? "meshes" : `${kind}s`}`, each);
}

function pair(name: string, port: number): readonly JsonObject[] {
  return [
    node(firstOf(name), [], port, { "outrigger.dev/discovery": "endpoints" }),
    node(`${name}-second`, [], port),
    routerOf(name, { first: 1, second: 1 }, port),
    service(name, { virtualRouter: { virtualRouterRef: { name } } }),
  ];
}

function node(
  name: string,
  backends: readonly JsonObject[],
  port: number,
  annotations: Readonly<Record<string, string>> = {},
): JsonObject {
  const made = object("VirtualNode", name, {
    podSelector: { matchLabels: { app: name } },
    listeners: [{ portMapping: { port, protocol: "http" } }],
    serviceDiscovery: { dns: { hostname: `${name}.${NAMESPACE}.svc.cluster.local` } },
    backends: [...backends],
  });
  return { ...made, metadata: { ...objectOf(made["metadata"]), annotations } };
}

function service(name: string, provider: JsonObject): JsonObject {
  return object("VirtualService", name, { awsName: `${name}.${NAMESPACE}.svc.cluster.local`, provider });
}

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  const metadata = { name, ...(kind !== "Mesh" && { namespace: NAMESPACE }) };
  return { apiVersion: APPMESH_API_VERSION, kind, metadata, spec };
}
