import type { JsonObject } from "../../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../../src/model/kinds.ts";

/* Objects of one mesh whose name is that of its namespace, as far as tests of changes need them. */

/** Makes objects of a namespace. */
export interface MeshObjects {
  mesh(egress: "ALLOW_ALL" | "DROP_ALL"): JsonObject;
  /** A node of the pods with the label `node`, found by the name of its Service. `selects`: the label's value, else its own name. */
  node(name: string, listener: ListenerOfTest, selects?: string): JsonObject;
  /** A node that calls these services and has no listener; `tls`: its client policy. */
  caller(name: string, services: readonly string[], tls?: JsonObject): JsonObject;
  service(name: string, provider: JsonObject): JsonObject;
  router(name: string, listener: ListenerOfTest, routes: readonly JsonObject[]): JsonObject;
  /** A Service of pods with the label `app`, or of nobody: a name that resolves. */
  kubernetesService(name: string, port: number, app?: string, ...others: readonly number[]): JsonObject;
}

export interface ListenerOfTest {
  readonly port: number;
  readonly protocol: "http" | "http2" | "tcp";
  readonly tls?: JsonObject;
}

export const HTTP = { port: 8080, protocol: "http" } as const;
export const TCP = { port: 9000, protocol: "tcp" } as const;

export function meshObjects(namespace: string): MeshObjects {
  const object = (kind: string, name: string, spec: JsonObject): JsonObject => ({
    apiVersion: APPMESH_API_VERSION,
    kind,
    metadata: { name, namespace },
    spec,
  });
  return {
    mesh: (type) => ({
      apiVersion: APPMESH_API_VERSION,
      kind: "Mesh",
      metadata: { name: namespace },
      spec: { namespaceSelector: { matchLabels: { mesh: namespace } }, egressFilter: { type } },
    }),
    node: (name, { port, protocol, tls }, selects = name) =>
      object("VirtualNode", name, {
        podSelector: { matchLabels: { node: selects } },
        listeners: [{ portMapping: { port, protocol }, ...(tls !== undefined && { tls }) }],
        serviceDiscovery: { dns: { hostname: `${name}.${namespace}.svc.cluster.local` } },
      }),
    caller: (name, services, tls) =>
      object("VirtualNode", name, {
        podSelector: { matchLabels: { node: name } },
        backends: services.map((service) => ({ virtualService: { virtualServiceRef: { name: service } } })),
        ...(tls !== undefined && { backendDefaults: { clientPolicy: { tls } } }),
      }),
    service: (name, provider) =>
      object("VirtualService", name, { awsName: `${name}.${namespace}.svc.cluster.local`, provider }),
    router: (name, { port, protocol }, routes) =>
      object("VirtualRouter", name, { listeners: [{ portMapping: { port, protocol } }], routes: [...routes] }),
    kubernetesService: (name, port, app, ...others) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: {
        ports: [port, ...others].map((each) => ({ name: `p${each}`, port: each })),
        ...(app !== undefined && { selector: { app } }),
      },
    }),
  };
}

export function byNode(name: string): JsonObject {
  return { virtualNode: { virtualNodeRef: { name } } };
}

export function byRouter(name: string): JsonObject {
  return { virtualRouter: { virtualRouterRef: { name } } };
}

/** A route of everything, or of what has a header, to nodes with their weights. */
export function httpRoute(name: string, weights: Readonly<Record<string, number>>, header?: string): JsonObject {
  const match = { prefix: "/", ...(header !== undefined && { headers: [{ name: header }] }) };
  return { name, httpRoute: { match, action: { weightedTargets: targets(weights) } } };
}

/** `idle`: seconds without a byte after which a connection ends; absent: the standard. */
export function tcpRoute(name: string, weights: Readonly<Record<string, number>>, idle?: number): JsonObject {
  const timeout = idle !== undefined && { timeout: { idle: { unit: "s", value: idle } } };
  return { name, tcpRoute: { action: { weightedTargets: targets(weights) }, ...timeout } };
}

function targets(weights: Readonly<Record<string, number>>): JsonObject[] {
  return Object.entries(weights).map(([name, weight]) => ({ virtualNodeRef: { name }, weight }));
}
