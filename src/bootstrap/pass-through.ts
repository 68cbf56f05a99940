import type { JsonObject } from "../model/json.ts";
import { PORTS } from "../model/names.ts";
import type { Separation } from "../model/proxy-traits.ts";
import { anyAddress } from "./address.ts";
import { BUFFER_BYTES, clusterLimits } from "./limits.ts";
import { duration, typed } from "./typed.ts";

const DIRECTIONS = ["inbound", "outbound"] as const;
type Direction = (typeof DIRECTIONS)[number];

const SHARED_CLUSTER = "outrigger_pass_through";
const NOWHERE_CLUSTER = "outrigger_nowhere";

/** A half-open connection is noticed in about a minute and a half; connections that live are never cut for idleness. */
const KEEPALIVE = { keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 10 };

/** One of the two listeners that take captured connections. */
export interface PassThroughListener {
  readonly name: string;
  readonly direction: Direction;
  readonly separation: Separation;
  readonly ipv6: boolean;
  /** File that gets a line for each connection; empty: none. */
  readonly accessLog: string;
}

/** Listeners that pass captured connections on to where they were going, for a sidecar without a control plane. */
export function passThroughListeners(ipv6: boolean): JsonObject[] {
  return DIRECTIONS.map((direction) =>
    passThroughListener({ name: `outrigger_${direction}`, direction, separation: "separate", ipv6, accessLog: "" }),
  );
}

/** Where those connections go: their original destination, or nowhere. */
export function passThroughClusters(separation: Separation): JsonObject[] {
  const names = new Set(DIRECTIONS.map((direction) => clusterOf(direction, separation)));
  return [
    ...[...names].map((name) => ({
      name,
      type: "ORIGINAL_DST",
      lb_policy: "CLUSTER_PROVIDED",
      connect_timeout: duration(10),
      ...clusterLimits(),
      upstream_connection_options: { tcp_keepalive: KEEPALIVE },
    })),
    {
      name: NOWHERE_CLUSTER,
      type: "STATIC",
      connect_timeout: duration(1),
      ...clusterLimits(),
      load_assignment: { cluster_name: NOWHERE_CLUSTER },
    },
  ];
}

/** Connections that others hold into the pod are not counted with those that the pod's own app makes. */
function clusterOf(direction: Direction, separation: Separation): string {
  return separation === "shared" ? SHARED_CLUSTER : `${SHARED_CLUSTER}_${direction}`;
}

/**
 * A captured connection has its original destination restored. One whose destination is still the listener's own port
 * was made straight to it: passed on, it would come back to this listener again and again. It is closed, and counted
 * as `tcp.<direction>_direct.downstream_cx_total`. No filter waits for the client's first bytes, so that protocols in which
 * the server speaks first work.
 */
export function passThroughListener(listener: PassThroughListener): JsonObject {
  const { name, direction, separation, ipv6, accessLog } = listener;
  const port = PORTS[direction];
  return {
    name,
    address: anyAddress(port, ipv6),
    ...(separation === "separate" && { per_connection_buffer_limit_bytes: BUFFER_BYTES }),
    traffic_direction: direction.toUpperCase(),
    listener_filters: [
      {
        name: "envoy.filters.listener.original_dst",
        typed_config: typed("envoy.extensions.filters.listener.original_dst.v3.OriginalDst"),
      },
    ],
    filter_chains: [
      {
        name: "direct",
        filter_chain_match: { destination_port: port },
        filters: [tcpProxy(`${direction}_direct`, NOWHERE_CLUSTER, accessLog)],
      },
      { name: "captured", filters: [tcpProxy(direction, clusterOf(direction, separation), accessLog)] },
    ],
  };
}

function tcpProxy(statPrefix: string, cluster: string, accessLog: string): JsonObject {
  return {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", {
      stat_prefix: statPrefix,
      cluster,
      idle_timeout: duration(0),
      max_connect_attempts: 1,
      ...(accessLog !== "" && { access_log: [fileAccessLog(accessLog)] }),
    }),
  };
}

function fileAccessLog(path: string): JsonObject {
  return {
    name: "envoy.access_loggers.file",
    typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", { path }),
  };
}
