import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES } from "../../bootstrap/limits.ts";
import { PORTS } from "../../model/names.ts";
import type { ProxyTraits, Separation } from "../../model/proxy-traits.ts";
import { type Resource, resourceFrom } from "../encode/resource.ts";
import { seconds, typed } from "../encode/typed.ts";
import type { AccessLog } from "../generated/envoy/config/accesslog/v3/accesslog_pb.js";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { TrafficDirection } from "../generated/envoy/config/core/v3/base_pb.js";
import type { Filter } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { OriginalDstSchema } from "../generated/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { accessLogs } from "./access-log.ts";
import { clusterLimits } from "./limits.ts";
import { tcpProxy } from "./tcp-proxy.ts";

/* What a sidecar without a control plane has in its bootstrap (src/bootstrap/pass-through.ts says why each field is as it is):
 * here as messages, which a test holds equal to those. */

const DIRECTIONS = ["inbound", "outbound"] as const;
export type Direction = (typeof DIRECTIONS)[number];

const SHARED_CLUSTER = "outrigger_pass_through";
/** A cluster without endpoints: its requests are answered with 503, its connections closed. */
export const NOWHERE_CLUSTER = "outrigger_nowhere";

/** One of the two listeners that take captured connections. */
export interface PassThroughListener {
  readonly name: string;
  readonly direction: Direction;
  readonly traits: Pick<ProxyTraits, "ipv6" | "directions">;
  /** File that gets a line for each connection; empty: none. */
  readonly accessLog: string;
}

/** Where captured connections go: their original destination, or nowhere. */
export function passThroughClusters(separation: Separation): Resource[] {
  const names = new Set(DIRECTIONS.map((direction) => clusterOf(direction, separation)));
  return [...[...names].map((name) => resourceFrom(originalDestination, [], name)), nowhereCluster()];
}

/** Of a cluster: it is whatever address each connection was made to. */
export const ORIGINAL_DESTINATION = {
  clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.ORIGINAL_DST },
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
} as const satisfies MessageInitShape<typeof ClusterSchema>;

/**
 * What an app asks its kernel for ends at its sidecar, so that a quiet connection (of a database) would be forgotten by what stands between,
 * such as a load balancer after 350 s, and one whose other end is gone would stay for ever. This keeps the one and ends the other.
 */
export const NOTICED_WHEN_GONE = {
  upstreamConnectionOptions: { tcpKeepalive: { keepaliveProbes: 3, keepaliveTime: 60, keepaliveInterval: 10 } },
} as const satisfies MessageInitShape<typeof ClusterSchema>;

/** A cluster of whatever address each connection was made to. */
export function originalDestination(name: string): Cluster {
  return create(ClusterSchema, {
    name,
    ...ORIGINAL_DESTINATION,
    connectTimeout: seconds(10),
    ...clusterLimits(),
    ...NOTICED_WHEN_GONE,
  });
}

/** The cluster without endpoints alone. */
export function nowhereCluster(): Resource {
  return resourceFrom(nowhere, []);
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
export function passThroughListener({ name, direction, traits, accessLog }: PassThroughListener): Listener {
  const logs = accessLogs(accessLog === "" ? undefined : { path: accessLog });
  return create(ListenerSchema, {
    ...capturing({ name, direction, traits }),
    filterChains: [
      { ...directChain(direction, logs), filterChainMatch: { destinationPort: PORTS[direction] } },
      capturedChain(direction, traits.directions, logs),
    ],
  });
}

/** One of the two listeners that take captured connections, before it has chains. */
export function capturing({ name, direction, traits }: Omit<PassThroughListener, "accessLog">) {
  return {
    name,
    address: everyAddress(PORTS[direction], traits),
    ...(traits.directions === "separate" && { perConnectionBufferLimitBytes: BUFFER_BYTES }),
    trafficDirection: direction === "inbound" ? TrafficDirection.INBOUND : TrafficDirection.OUTBOUND,
    listenerFilters: [
      {
        name: "envoy.filters.listener.original_dst",
        configType: { case: "typedConfig", value: typed(OriginalDstSchema) },
      },
    ],
  } satisfies MessageInitShape<typeof ListenerSchema>;
}

/** Where a listener takes connections to any address of its pod, of both families where the pod has both. */
export function everyAddress(port: number, { ipv6 }: Pick<ProxyTraits, "ipv6">) {
  const portSpecifier = { case: "portValue", value: port } as const;
  const value = ipv6 ? { address: "::", portSpecifier, ipv4Compat: true } : { address: "0.0.0.0", portSpecifier };
  return { address: { case: "socketAddress", value } } as const;
}

/** For what was made straight to the listener's own port, and would come back to it for ever: it is closed, and counted. */
export function directChain(direction: Direction, accessLog: readonly AccessLog[]) {
  return { name: "direct", filters: [forward(`${direction}_direct`, NOWHERE_CLUSTER, accessLog)] };
}

/** For captured connections that nothing else takes. */
export function capturedChain(direction: Direction, separation: Separation, accessLog: readonly AccessLog[]) {
  return { name: "captured", filters: [forward(direction, clusterOf(direction, separation), accessLog)] };
}

function forward(statPrefix: string, cluster: string, accessLog: readonly AccessLog[]): Filter {
  return tcpProxy({ statPrefix, clusters: [{ name: cluster, weight: 1 }], idle: 0, accessLog });
}
