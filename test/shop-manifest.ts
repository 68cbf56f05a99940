/** The beginning of a manifest: the namespace `shop` and the Mesh that selects it. `more`: further fields of the Mesh, each after a comma. */
export function shop(more = ""): string {
  return `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { mesh: shop } }
---
apiVersion: appmesh.k8s.aws/v1beta2
kind: Mesh
metadata: { name: shop }
spec: { namespaceSelector: { matchLabels: { mesh: shop } }${more} }
`;
}

export const SHOP = shop();

/** A manifest of documents, each of which ends with the end of a line. */
export function documents(...texts: readonly string[]): string {
  return texts.join("---\n");
}

/** An App Mesh object as a document. `spec`: its lines; `metadata`: further fields, each after a comma. */
export function appMeshObject(
  kind: string,
  name: string,
  spec: readonly string[],
  metadata = "",
  namespace = "shop",
): string {
  const lines = spec.length === 0 ? " {}" : spec.map((line) => `\n  ${line}`).join("");
  return `apiVersion: appmesh.k8s.aws/v1beta2
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace}${metadata} }
spec:${lines}
`;
}

/** Lines of a node: what it listens on, as flow mappings, and its host name. */
export function listening(listeners: readonly string[], hostname: string): readonly string[] {
  return [`listeners: [${listeners.join(", ")}]`, `serviceDiscovery: { dns: { hostname: ${hostname} } }`];
}

/** The route by which a gateway sends everything to the service `<name>.shop`. */
export function routeOfGateway(name: string): string {
  return appMeshObject("GatewayRoute", name, [
    "httpRoute:",
    "  match: { prefix: / }",
    `  action: { target: { virtualService: { virtualServiceRef: { name: ${name} } } } }`,
  ]);
}

/** The line of a node that calls these services. */
export function backends(...services: readonly string[]): string {
  return `backends: [${services.map((name) => `{ virtualService: { virtualServiceRef: { name: ${name} } } }`).join(", ")}]`;
}

/** The service `<name>.shop`, which a node provides. */
export function serviceOfNode(name: string, node = name): string {
  return service(name, `virtualNode: { virtualNodeRef: { name: ${node} } }`);
}

/** The service `<name>.shop` and the router of the same name, which provides it. `listeners`, `routes`: as flow mappings. */
export function routedService(name: string, listeners: readonly string[], routes: readonly string[]): string {
  return documents(
    service(name, `virtualRouter: { virtualRouterRef: { name: ${name} } }`),
    appMeshObject("VirtualRouter", name, [
      `listeners: [${listeners.join(", ")}]`,
      "routes:",
      ...routes.map((route) => `  - ${route}`),
    ]),
  );
}

function service(name: string, provider: string): string {
  return appMeshObject("VirtualService", name, [`awsName: ${name}.shop`, `provider: { ${provider} }`]);
}

/** What a route does that leads to one node. */
export function toNode(name: string, port?: number): string {
  const number = port === undefined ? "" : `, port: ${port}`;
  return `action: { weightedTargets: [{ virtualNodeRef: { name: ${name} }${number}, weight: 1 }] }`;
}

/**
 * A mesh whose node `front` calls `back.shop`, which is the node `back`: what it listens on, as flow mappings, and its host name; and further
 * lines of either node.
 */
export function frontAndBack(
  listeners: readonly string[],
  hostname: string,
  more: { readonly front?: readonly string[]; readonly back?: readonly string[] } = {},
): string {
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [backends("back"), ...(more.front ?? [])]),
    appMeshObject("VirtualNode", "back", [...listening(listeners, hostname), ...(more.back ?? [])]),
    serviceOfNode("back"),
  );
}
