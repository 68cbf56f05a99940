import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { calledListeners, calledPorts } from "../../graph/called-ports.ts";
import { inOrder } from "../../graph/route-order.ts";
import type {
  GrpcRouteView,
  HttpRouteView,
  MeshView,
  NodeView,
  RouteTargetView,
  ServiceView,
  TargetListenerView,
  TargetView,
} from "../../graph/view.ts";
import { distinctName } from "../../model/aws-names.ts";
import type { ObjectRef } from "../../model/mesh-object.ts";
import { cannotBeSent } from "../../model/never-matches.ts";
import type { RouteActionSchema, RouteSchema } from "../generated/envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { clusterWeights } from "./cluster-weights.ts";
import { timeout } from "./limits.ts";
import { allowAllCluster, clusterOfTarget, routesOf } from "./names.ts";
import { retries, STANDARD_RETRIES } from "./retries.ts";
import { callMatch, routeMatch } from "./route-match.ts";
import { type TcpCall, tcpCalls } from "./tcp-calls.ts";

type RouteInit = MessageInitShape<typeof RouteSchema>;
type ActionInit = MessageInitShape<typeof RouteActionSchema>;

/** The ports on which services of the view are called over HTTP, in order. */
export function httpPorts(view: NodeView): readonly number[] {
  const ports = view.services.flatMap((service) => calledPorts(service, view.targets).http);
  return [...new Set(ports)].sort((one, other) => one - other);
}

/**
 * What is called on a port: a virtual host for each service, matched by the host name as it was called, in any case, with a port or a
 * dot at its end or without. Other hosts are not answered (404), or leave the mesh where its filter lets them. TCP services of the port have
 * one too: a connection that came in over HTTP before its service became one of TCP is kept, and goes on asking for it.
 */
export function egressRoutes(view: NodeView, port: number): RouteConfiguration {
  const taken = new Set<string>();
  const calls = tcpCalls(view).filter((call) => call.port === port);
  const called = [
    ...servicesOn(view, port).map((service) => ({ service, routes: routesOn(service, view, port) })),
    ...calls.map((call) => ({ service: call.service, routes: [bytesRoute(call)] })),
  ];
  const hosts = called.flatMap(({ service, routes }) => {
    const domains = domainsOf(service.name).filter((domain) => !taken.has(domain));
    // one repeated domain makes Envoy refuse the whole configuration
    for (const domain of domains) taken.add(domain);
    return domains.length === 0 ? [] : [{ name: service.name, domains, routes }];
  });
  return create(RouteConfigurationSchema, {
    name: routesOf("egress", port),
    virtualHosts: view.egress === "ALLOW_ALL" && !taken.has("*") ? [...hosts, outside(view)] : hosts,
    ignorePortInHostMatching: true,
    // a cluster may come after its route
    validateClusters: false,
  });
}

/** Requests to where connections would go, for as long as these may last. */
function bytesRoute({ clusters }: TcpCall): RouteInit {
  const match = { pathSpecifier: { case: "prefix", value: "/" } } as const;
  const clusterSpecifier = specifierOf(clusters);
  if (clusterSpecifier === undefined) return unanswered(match);
  return {
    match,
    action: { case: "route", value: { clusterSpecifier, timeout: timeout(0), idleTimeout: timeout(0) } },
  };
}

/** The services that are called on a port over HTTP. One without a provider exists on every port, and has no routes: 404. */
export function servicesOn(view: NodeView, port: number): readonly ServiceView[] {
  return view.services.filter(
    (service) => service.provider.kind === "none" || calledPorts(service, view.targets).http.includes(port),
  );
}

/** The objects that say what is called and how: beside the node itself these services and their routers. */
export function egressRouteOrigins(view: MeshView, services: readonly ServiceView[]): readonly ObjectRef[] {
  const behind = services.map(({ object, provider }) =>
    provider.kind === "router" ? [object, provider.router.object] : [object],
  );
  return [view.object, ...behind.flat()];
}

/** The routes of a service on one of its ports that are called over HTTP. */
export function routesOn(service: ServiceView, view: MeshView, port: number): RouteInit[] {
  const called = calledListeners(service, view.targets);
  const isIt = (listener: { readonly port: number; readonly protocol: string }): boolean =>
    listener.port === port && listener.protocol !== "tcp";
  switch (called.kind) {
    case "none":
      return [];
    case "node": {
      const listener = called.listeners.find(isIt);
      return listener === undefined ? [] : [nodeRoute(view, service, called.target, listener)];
    }
    case "router": {
      const routes = called.listeners.find(isIt)?.routes ?? [];
      const requests = routes.filter((route) => route.protocol !== "tcp");
      return inOrder(requests).map((route) => routerRoute(view, service, route));
    }
  }
}

/** None for a name that no request can have: Envoy would refuse it, and with it all others. */
function domainsOf(name: string): readonly string[] {
  if (cannotBeSent(name)) return [];
  const host = distinctName("VirtualService", name);
  return host === "*" ? ["*"] : [host, `${host}.`];
}

/** Hosts that are no service of the mesh. Nothing is added to what the app itself would see, time-outs included. */
function outside({ mesh }: NodeView) {
  const cluster = { case: "cluster", value: allowAllCluster(mesh.name) } as const;
  const action = { clusterSpecifier: cluster, timeout: timeout(0), idleTimeout: timeout(0) };
  const match = { pathSpecifier: { case: "prefix", value: "/" } } as const;
  return {
    name: "mesh-allow-all",
    domains: ["*"],
    routes: [{ match, action: { case: "route", value: action } as const }],
  };
}

type RequestRoute = HttpRouteView | GrpcRouteView;

function nodeRoute(view: MeshView, service: ServiceView, target: TargetView, listener: TargetListenerView): RouteInit {
  const cluster = clusterOfTarget(view.mesh.name, service, target.name, listener);
  return {
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    action: {
      case: "route",
      value: {
        clusterSpecifier: { case: "cluster", value: cluster },
        timeout: timeout(listener.timeout.perRequest),
        idleTimeout: timeout(listener.timeout.idle),
        retryPolicy: STANDARD_RETRIES,
      },
    },
  };
}

function routerRoute(view: MeshView, service: ServiceView, route: RequestRoute): RouteInit {
  const match = route.protocol === "grpc" ? callMatch(route.match) : routeMatch(route.match);
  const specifier = weighted(view, service, route.targets);
  if (specifier === undefined) return { ...unanswered(match), name: route.name };
  const retryPolicy = retries(route.retryPolicy);
  return {
    name: route.name,
    match,
    action: {
      case: "route",
      value: {
        clusterSpecifier: specifier,
        timeout: timeout(route.timeout.perRequest),
        idleTimeout: timeout(route.timeout.idle),
        ...(retryPolicy !== undefined && { retryPolicy }),
      },
    },
  };
}

/** Nobody to send it to: all weights are 0. */
function unanswered(match: RouteInit["match"] & object): RouteInit {
  return { match, action: { case: "directResponse", value: { status: 503 } } };
}

type Specifier = NonNullable<ActionInit["clusterSpecifier"]>;

/** Targets in the shares of their weights; a share of a node that is not there is answered with 503. Undefined: all weights are 0. */
function weighted(view: MeshView, service: ServiceView, targets: readonly RouteTargetView[]): Specifier | undefined {
  return specifierOf(clusterWeights(view, service, targets));
}

function specifierOf(clusters: ReturnType<typeof clusterWeights>): Specifier | undefined {
  const [first] = clusters;
  if (first === undefined) return undefined;
  if (clusters.length === 1) return { case: "cluster", value: first.name };
  return { case: "weightedClusters", value: { clusters: clusters.map(({ name, weight }) => ({ name, weight })) } };
}
