import { create } from "@bufbuild/protobuf";
import { BUFFER_BYTES } from "../../bootstrap/limits.ts";
import { serverTls } from "../../graph/tls.ts";
import type { GatewayListenerView, GatewayView } from "../../graph/view.ts";
import { PORTS } from "../../model/names.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { afterResource, type Resource, resourceFrom } from "../encode/resource.ts";
import { seconds } from "../encode/typed.ts";
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { TrafficDirection } from "../generated/envoy/config/core/v3/base_pb.js";
import { type FilterChain, FilterChainSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { accessLogs } from "./access-log.ts";
import { egressClusters } from "./egress-clusters.ts";
import { egressRouteOrigins } from "./egress-routes.ts";
import { firstPassRoutes, timedRoute } from "./gateway-first-pass.ts";
import { calledByGateway, type LeftService, SERVICE_HEADER, secondPassRoutes } from "./gateway-second-pass.ts";
import { httpManager } from "./http-manager.ts";
import { sameUpstream } from "./http-upstream.ts";
import { nodeOf } from "./ingress.ts";
import { clusterLimits, SELF_REDIRECT_IDLE_SECONDS, STRANGERS } from "./limits.ts";
import { EGRESS_LISTENER, gatewayListenerName, routesOf, selfRedirectCluster } from "./names.ts";
import type { ClusterNames } from "./node.ts";
import { everyAddress, nowhereCluster } from "./pass-through.ts";
import { secrets } from "./secrets.ts";
import { bothWays, securedChains } from "./tls.ts";
import { tracing } from "./tracing.ts";

/*
 * A gateway as App Mesh had it: every request passes its Envoy twice. A listener takes it, a gateway route decides which service it is
 * for; then it goes over loopback to the listener for what a sidecar's app calls, where the service's router decides. Names, limits and
 * statistics of both passes are App Mesh's.
 */

/**
 * The Envoy resources of a proxy of a virtual gateway: its listeners, what its routes lead to, and nothing of anybody else. `left`: what
 * requests may still be on their way to. Pure.
 */
export function translateGateway(
  view: GatewayView,
  traits: ProxyTraits,
  cluster: ClusterNames,
  left: readonly LeftService[],
): Resource[] {
  const own = [view.object];
  // what a function is given is what its resource hangs on: a listener does not change with routes
  const alone = { ...view, services: [], targets: [], routes: [], hash: "" };
  const second = { ...alone, listeners: [], accessLog: undefined, services: view.services, targets: view.targets };
  const called = calledByGateway(view);
  const firstPass = ({ port, protocol }: GatewayListenerView): Resource => {
    const routes = view.routes.filter(({ on }) => on.includes(port));
    const origins = [view.object, ...routes.map(({ object }) => object)];
    const timed = routes.map((route) => timedRoute(route, view));
    const through = { mesh: view.mesh.name, node: view.name, protocol, port };
    return afterResource(SECOND_PASS, firstPassRoutes, origins, through, timed);
  };
  return [
    nowhereCluster(),
    ...view.listeners.map((listener) => resourceFrom(ownCluster, own, alone, listener)),
    ...secrets(view),
    ...egressClusters(view, traits, cluster.domain),
    ...view.listeners.map((listener) => resourceFrom(firstPassListener, own, alone, listener, traits)),
    resourceFrom(secondPassListener, own, alone, traits),
    resourceFrom(secondPassRoutes, egressRouteOrigins(view, view.services), second, called, left),
    ...view.listeners.map(firstPass),
  ];
}

/** Routes of the second pass: nothing is sent on that is not known there yet. */
const SECOND_PASS = routesOf("egress", PORTS.outbound);

/** Headers that no stranger may set: those by which an Envoy is told what to do, and the one that tells the second pass the service. */
const OF_ENVOYS = ["x-envoy-", SERVICE_HEADER];

function firstPassListener(view: GatewayView, listener: GatewayListenerView, traits: ProxyTraits): Listener {
  const chain = firstPassChain(view, listener, traits);
  return create(ListenerSchema, {
    name: gatewayListenerName(listener.port),
    statPrefix: `0.0.0.0_${listener.port}`,
    address: everyAddress(listener.port, traits),
    perConnectionBufferLimitBytes: STRANGERS.bufferBytes,
    trafficDirection: TrafficDirection.INBOUND,
    ...bothWays([listener], []),
    filterChains: [...securedChains(chain, serverTls(listener.tls), listener.protocol, traits.sdsSocket)],
  });
}

function firstPassChain(view: GatewayView, { port, protocol }: GatewayListenerView, traits: ProxyTraits): FilterChain {
  const manager = httpManager({
    statPrefix: `ingress.${protocol}.${port}`,
    routes: routesOf("ingress", port),
    accessLog: accessLogs(view.accessLog),
    tracing: tracing(traits.tracing, nodeOf(view)),
    leaving: traits.leaving && traits.directions === "separate",
    strangers: { address: view.clientAddress, removed: OF_ENVOYS },
    keepsScheme: true,
  });
  return create(FilterChainSchema, { name: `ingress_${protocol}_${port}`, filters: [manager] });
}

/** On loopback, so that only what came through the first pass gets there. */
function secondPassListener(view: GatewayView, traits: ProxyTraits): Listener {
  const manager = httpManager({
    statPrefix: "egress",
    routes: SECOND_PASS,
    accessLog: accessLogs(view.accessLog),
    tracing: tracing(traits.tracing, nodeOf(view)),
  });
  return create(ListenerSchema, {
    name: EGRESS_LISTENER,
    statPrefix: `0.0.0.0_${PORTS.outbound}`,
    address: ON_LOOPBACK,
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [{ name: "egress_http", filters: [manager] }],
  });
}

const ON_LOOPBACK = {
  address: {
    case: "socketAddress",
    value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: PORTS.outbound } },
  },
} as const;

/** The second pass, with the limits of the pool of the listener: what is more is answered with 503. */
function ownCluster(view: GatewayView, { port, protocol, connectionPool }: GatewayListenerView): Cluster {
  const name = selfRedirectCluster({ mesh: view.mesh.name, node: view.name, protocol, port });
  return create(ClusterSchema, {
    name,
    connectTimeout: seconds(1),
    ...clusterLimits(connectionPool?.[protocol]),
    ...sameUpstream(SELF_REDIRECT_IDLE_SECONDS),
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: "endpoint", value: { address: ON_LOOPBACK } } }] }],
    },
  });
}
