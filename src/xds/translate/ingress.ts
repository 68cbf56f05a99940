import { create } from "@bufbuild/protobuf";
import { serverTls } from "../../graph/tls.ts";
import type { ListenerView, MeshView, NodeView } from "../../graph/view.ts";
import { PORTS } from "../../model/names.ts";
import type { ProxyTraits } from "../../model/proxy-traits.ts";
import { seconds } from "../encode/typed.ts";
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { type FilterChain, FilterChainSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { accessLogs } from "./access-log.ts";
import { httpManager } from "./http-manager.ts";
import { APP_IDLE, HTTP_IDLE, httpUpstream } from "./http-upstream.ts";
import { clusterLimits, timeout } from "./limits.ts";
import { INGRESS_LISTENER, ingressCluster, routesOf } from "./names.ts";
import { capturedChain, capturing, directChain, ORIGINAL_DESTINATION } from "./pass-through.ts";
import { tcpProxy } from "./tcp-proxy.ts";
import { bothWays, namedChains, securedChains } from "./tls.ts";
import { tracing } from "./tracing.ts";

/**
 * The listener of what comes in: a chain for each listener of the node, found by the port that was called. Ports that are no listener
 * are passed on to the app as they came.
 */
export function ingressListener(view: NodeView, traits: ProxyTraits): Listener {
  const logs = accessLogs(view.accessLog);
  const own = view.listeners.flatMap((listener) => {
    const [plain, { protocol, tls, namedTls }] = [chain(view, listener, traits), listener];
    return [
      ...securedChains(plain, serverTls(tls), protocol, traits.sdsSocket),
      ...namedChains(plain, namedTls, protocol, traits.sdsSocket),
    ];
  });
  const direct = { ...directChain("inbound", logs), filterChainMatch: { destinationPort: PORTS.inbound } };
  const listener = capturing({ name: INGRESS_LISTENER, direction: "inbound", traits });
  return create(ListenerSchema, {
    ...listener,
    ...bothWays(view.listeners, listener.listenerFilters),
    filterChains: [direct, ...own, capturedChain("inbound", traits.directions, logs)],
  });
}

function chain(view: NodeView, listener: ListenerView, traits: ProxyTraits): FilterChain {
  const { port, protocol } = listener;
  const accessLog = accessLogs(view.accessLog);
  const statPrefix = `ingress.${protocol}.${port}`;
  const filter =
    protocol === "tcp"
      ? tcpProxy({
          statPrefix,
          clusters: [{ name: clusterOf(view, listener), weight: 1 }],
          idle: listener.timeout.idle,
          accessLog,
        })
      : httpManager({
          statPrefix,
          routes: routesOf("ingress", port),
          accessLog,
          tracing: tracing(traits.tracing, nodeOf(view)),
          // sidecars of release 0.1.0 would cut requests 20 seconds later
          leaving: traits.leaving && traits.directions === "separate",
        });
  return create(FilterChainSchema, {
    name: `ingress_${protocol}_${port}`,
    filterChainMatch: { destinationPort: port },
    filters: [filter],
  });
}

/** The node or gateway whose spans they are. */
export function nodeOf(view: MeshView) {
  return { mesh: view.mesh.name, name: view.name };
}

function clusterOf(view: NodeView, { port, protocol }: ListenerView): string {
  return ingressCluster({ mesh: view.mesh.name, node: view.name, protocol, port });
}

/** What comes in on a listener over HTTP goes to the app, whatever its host; the listener's time-outs stand here. */
export function ingressRoutes(view: NodeView, listener: ListenerView): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name: routesOf("ingress", listener.port),
    virtualHosts: [
      {
        name: "app",
        domains: ["*"],
        routes: [
          {
            match: { pathSpecifier: { case: "prefix", value: "/" } },
            action: {
              case: "route",
              value: {
                clusterSpecifier: { case: "cluster", value: clusterOf(view, listener) },
                timeout: timeout(listener.timeout.perRequest),
                idleTimeout: timeout(listener.timeout.idle),
              },
            },
          },
        ],
      },
    ],
    validateClusters: false,
  });
}

/**
 * The app itself, with the limits of its pool: what is more is answered with 503, and a connection too many is closed. At `pod` it is where
 * the connection was going, as for ports that are no listener: the pod does not catch again what its sidecar opens.
 */
export function appCluster(view: NodeView, listener: ListenerView, at: ProxyTraits["appAddress"]): Cluster {
  const common = {
    name: clusterOf(view, listener),
    connectTimeout: seconds(0.25),
    ...clusterLimits(listener.connectionPool?.[listener.protocol]),
    // over HTTP/2 whoever goes says so before
    ...httpUpstream(listener.protocol, listener.protocol === "http" ? APP_IDLE : HTTP_IDLE),
  };
  switch (at) {
    case "pod":
      return create(ClusterSchema, { ...common, ...ORIGINAL_DESTINATION });
    case "loopback":
      return create(ClusterSchema, { ...common, ...onLoopback(view, listener) });
  }
}

/** Of the two families the one first that the mesh prefers, then the other. */
function onLoopback(view: NodeView, listener: ListenerView) {
  const [first, second] = view.ipPreference?.startsWith("IPv6") ? ["::1", "127.0.0.1"] : ["127.0.0.1", "::1"];
  const at = (address: string | undefined) =>
    ({
      address: {
        case: "socketAddress",
        value: { address: address ?? "", portSpecifier: { case: "portValue", value: listener.port } },
      },
    }) as const;
  const endpoint = { address: at(first), additionalAddresses: [{ address: at(second) }] };
  return {
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC } as const,
    loadAssignment: {
      clusterName: clusterOf(view, listener),
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: "endpoint", value: endpoint } as const }] }],
    },
  };
}
