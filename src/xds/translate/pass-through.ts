import { create } from "@bufbuild/protobuf";
import { BUFFER_BYTES } from "../../bootstrap/limits.ts";
import { PORTS } from "../../model/names.ts";
import type { Separation } from "../../model/proxy-traits.ts";
import { seconds, typed } from "../encode/typed.ts";
import { AccessLogSchema } from "../generated/envoy/config/accesslog/v3/accesslog_pb.js";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { TrafficDirection } from "../generated/envoy/config/core/v3/base_pb.js";
import { type Filter, FilterSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { FileAccessLogSchema } from "../generated/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { OriginalDstSchema } from "../generated/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { TcpProxySchema } from "../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { clusterLimits } from "./limits.ts";

/* What a sidecar without a control plane has in its bootstrap (src/bootstrap/pass-through.ts says why each field is as it is):
 * here as messages, which a test holds equal to those. */

const DIRECTIONS = ["inbound", "outbound"] as const;
type Direction = (typeof DIRECTIONS)[number];

const SHARED_CLUSTER = "outrigger_pass_through";
const NOWHERE_CLUSTER = "outrigger_nowhere";

/** One of the two listeners that take captured connections. */
export interface PassThroughListener {
  readonly name: string;
  readonly direction: Direction;
  readonly separation: Separation;
  readonly ipv6: boolean;
  /** File that gets a line for each connection; empty: none. */
  readonly accessLog: string;
}

/** Where captured connections go: their original destination, or nowhere. */
export function passThroughClusters(separation: Separation): Cluster[] {
  const names = new Set(DIRECTIONS.map((direction) => clusterOf(direction, separation)));
  return [...[...names].map(originalDestination), nowhere()];
}

function originalDestination(name: string): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    connectTimeout: seconds(10),
    ...clusterLimits(),
    upstreamConnectionOptions: { tcpKeepalive: { keepaliveProbes: 3, keepaliveTime: 60, keepaliveInterval: 10 } },
  });
}

function nowhere(): Cluster {
  return create(ClusterSchema, {
    name: NOWHERE_CLUSTER,
    clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
    connectTimeout: seconds(1),
    ...clusterLimits(),
    loadAssignment: { clusterName: NOWHERE_CLUSTER },
  });
}

function clusterOf(direction: Direction, separation: Separation): string {
  return separation === "shared" ? SHARED_CLUSTER : `${SHARED_CLUSTER}_${direction}`;
}

/** Passes captured connections on; closes what was made straight to the listener's own port. */
export function passThroughListener(listener: PassThroughListener): Listener {
  const { name, direction, separation, ipv6, accessLog } = listener;
  const portValue = PORTS[direction];
  const portSpecifier = { case: "portValue", value: portValue } as const;
  const value = ipv6 ? { address: "::", portSpecifier, ipv4Compat: true } : { address: "0.0.0.0", portSpecifier };
  return create(ListenerSchema, {
    name,
    address: { address: { case: "socketAddress", value } },
    ...(separation === "separate" && { perConnectionBufferLimitBytes: BUFFER_BYTES }),
    trafficDirection: direction === "inbound" ? TrafficDirection.INBOUND : TrafficDirection.OUTBOUND,
    listenerFilters: [
      {
        name: "envoy.filters.listener.original_dst",
        configType: { case: "typedConfig", value: typed(OriginalDstSchema) },
      },
    ],
    filterChains: [
      {
        name: "direct",
        filterChainMatch: { destinationPort: portValue },
        filters: [tcpProxy(`${direction}_direct`, NOWHERE_CLUSTER, accessLog)],
      },
      { name: "captured", filters: [tcpProxy(direction, clusterOf(direction, separation), accessLog)] },
    ],
  });
}

function tcpProxy(statPrefix: string, cluster: string, accessLog: string): Filter {
  const value = typed(TcpProxySchema, {
    statPrefix,
    clusterSpecifier: { case: "cluster", value: cluster },
    idleTimeout: seconds(0),
    maxConnectAttempts: 1,
    accessLog: accessLog === "" ? [] : [fileAccessLog(accessLog)],
  });
  return create(FilterSchema, { name: "envoy.filters.network.tcp_proxy", configType: { case: "typedConfig", value } });
}

function fileAccessLog(path: string) {
  const value = typed(FileAccessLogSchema, { path });
  return create(AccessLogSchema, { name: "envoy.access_loggers.file", configType: { case: "typedConfig", value } });
}
