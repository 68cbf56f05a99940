import type { ClusterDns } from "../model/cluster-dns.ts";
import type { JsonObject } from "../model/json.ts";
import { PORTS } from "../model/names.ts";
import { pipeAddress } from "./address.ts";
import type { BootstrapNode, Statsd } from "./spec.ts";
import { typed } from "./typed.ts";
import { type UdpRoute, udpRoute } from "./udp-relay.ts";

const STATSD_CLUSTER = "outrigger_statsd";

/**
 * Several statistics a datagram, as DogStatsD's own clients do: what passes an Ethernet link undivided, and what its
 * agent reads from a socket at once. Envoy's default is one each, hundreds of datagrams every five seconds.
 */
const DATAGRAM_BYTES = { address: 1432, socket: 8192 } as const;

/** UDP port on loopback for a statsd server that is known by a host name; the number is the sidecar's already. */
const STATSD_RELAY_PORT = PORTS.status;

/** What statsd adds to a bootstrap. */
interface StatsdParts {
  readonly sinks: readonly JsonObject[];
  readonly listeners: readonly JsonObject[];
  readonly clusters: readonly JsonObject[];
}

/** Tags that every statistic of the proxy carries, named as in AWS's image. */
export function statsTags(node: BootstrapNode): JsonObject {
  const kind = node.kind === "virtualNode" ? "appmesh.virtual_node" : "appmesh.virtual_gateway";
  return {
    stats_tags: [
      { tag_name: "appmesh.mesh", fixed_value: node.mesh },
      { tag_name: kind, fixed_value: node.name },
    ],
  };
}

/** The DogStatsD sink, which sends tags along, by UDP or to a Unix socket. */
export function statsdParts(statsd: Statsd | undefined, clusterDns: ClusterDns | undefined): StatsdParts {
  if (statsd === undefined) return { sinks: [], listeners: [], clusters: [] };
  const route = statsdRoute(statsd, clusterDns);
  const config = typed("envoy.config.metrics.v3.DogStatsdSink", {
    address: route.address,
    max_bytes_per_datagram: DATAGRAM_BYTES[statsd.kind],
  });
  return {
    sinks: [{ name: "envoy.stat_sinks.dog_statsd", typed_config: config }],
    listeners: route.listeners,
    clusters: route.clusters,
  };
}

function statsdRoute(statsd: Statsd, clusterDns: ClusterDns | undefined): UdpRoute {
  switch (statsd.kind) {
    case "address":
      return udpRoute(
        STATSD_CLUSTER,
        { host: statsd.address, port: statsd.port, relayPort: STATSD_RELAY_PORT },
        clusterDns,
      );
    case "socket":
      return { address: pipeAddress(statsd.path), listeners: [], clusters: [] };
  }
}
