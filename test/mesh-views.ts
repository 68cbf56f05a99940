import type {
  GatewayView,
  HttpRouteView,
  ListenerView,
  NodeView,
  RouterListenerView,
  RouteTargetView,
  ServiceView,
  TargetListenerView,
  TargetView,
} from "../src/graph/view.ts";

/* Views as the graph makes them, for tests of translation: each takes what the test is about. */

const STANDARD = { perRequest: 15_000, idle: 300_000 };

/** A node `front` of mesh `shop` that listens on 8080 over HTTP and calls nobody. */
export function nodeView(given: Partial<NodeView> = {}): NodeView {
  return {
    kind: "virtualNode",
    certificateNames: [],
    object: { kind: "VirtualNode", namespace: "shop", name: "front" },
    name: "front_shop",
    mesh: { name: "shop", path: "shop", object: { kind: "Mesh", namespace: "", name: "shop" } },
    mode: "serve",
    accessLog: undefined,
    services: [],
    targets: [],
    hash: "",
    listeners: [listenerView({})],
    egress: "DROP_ALL",
    ipPreference: undefined,
    ...given,
  };
}

/** A gateway `door` of that mesh that listens on 80, with a route to port 80 of each of these services of `shop`. */
export function gatewayView(...services: readonly string[]): GatewayView {
  const { ipPreference: _, egress: __, ...common } = nodeView();
  const routes = services.map((service) => ({
    object: { kind: "GatewayRoute", namespace: "shop", name: service } as const,
    name: service,
    priority: undefined,
    on: [80],
    host: { kind: "any" } as const,
    hostSeen: "service's" as const,
    target: { kind: "service", name: `${service}.shop`, port: 80 } as const,
    protocol: "grpc" as const,
    match: { serviceName: service, metadata: undefined },
  }));
  return {
    ...common,
    kind: "virtualGateway",
    object: { kind: "VirtualGateway", namespace: "shop", name: "door" },
    name: "door_shop",
    clientAddress: "forwarded",
    listeners: [],
    routes,
  };
}

export function listenerView(given: Partial<ListenerView>): ListenerView {
  return {
    port: 8080,
    protocol: "http",
    timeout: STANDARD,
    connectionPool: undefined,
    tls: undefined,
    namedTls: [],
    ...given,
  };
}

/** A target of the view's, found by DNS, that listens on 8080 over HTTP. */
export function targetView(
  name: string,
  given: Partial<Omit<TargetView, "listeners">> & { readonly listeners?: readonly Partial<TargetListenerView>[] } = {},
): TargetView {
  const { listeners = [{}], ...rest } = given;
  return {
    object: { kind: "VirtualNode", namespace: "shop", name },
    name: `${name}_shop`,
    discovery: {
      kind: "dns",
      hostname: `${name}.shop.svc.cluster.local`,
      responseType: "LOADBALANCER",
      ipPreference: undefined,
    },
    servicePorts: undefined,
    hostname: `${name}.shop.svc.cluster.local`,
    ...rest,
    listeners: listeners.map((listener) => ({
      port: 8080,
      protocol: "http",
      members: undefined,
      timeout: STANDARD,
      healthCheck: undefined,
      outlierDetection: undefined,
      tls: undefined,
      connections: [{ suffix: "", tls: undefined, services: [] }],
      ...listener,
    })),
  };
}

/** A service `<name>.shop.svc.cluster.local`. */
export function serviceView(name: string, provider: ServiceView["provider"]): ServiceView {
  return {
    object: { kind: "VirtualService", namespace: "shop", name },
    name: `${name}.shop.svc.cluster.local`,
    addresses: undefined,
    clientPolicy: undefined,
    provider,
  };
}

/** A service that a router provides. */
export function routedService(name: string, ...listeners: readonly RouterListenerView[]): ServiceView {
  const object = { kind: "VirtualRouter", namespace: "shop", name: `${name}-router` } as const;
  return serviceView(name, { kind: "router", router: { object, name: `${name}-router_shop`, listeners } });
}

export function httpRoute(
  name: string,
  targets: readonly RouteTargetView[],
  given: Partial<HttpRouteView> = {},
): HttpRouteView {
  return {
    name,
    priority: undefined,
    targets,
    timeout: STANDARD,
    protocol: "http",
    match: { prefix: "/" },
    retryPolicy: undefined,
    ...given,
  };
}

/** A target of a route: the node of that name on port 8080. */
export function to(name: string, weight = 1, port = 8080): RouteTargetView {
  return { kind: "node", target: `${name}_shop`, port, weight };
}
