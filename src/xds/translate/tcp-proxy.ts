import { create } from "@bufbuild/protobuf";
import { typed } from "../encode/typed.ts";
import type { AccessLog } from "../generated/envoy/config/accesslog/v3/accesslog_pb.js";
import { type Filter, FilterSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { TcpProxySchema } from "../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { timeout } from "./limits.ts";

export interface TcpForward {
  readonly statPrefix: string;
  /** At least one; of several each gets its share of the connections. */
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  /** Milliseconds without any byte; 0: for ever. */
  readonly idle: number;
  readonly accessLog: readonly AccessLog[];
}

/** The filter of a chain that passes bytes on. */
export function tcpProxy({ statPrefix, clusters, idle, accessLog }: TcpForward): Filter {
  const [first] = clusters;
  if (first === undefined) throw new TypeError(`${statPrefix} has no cluster to pass on to`);
  const value = typed(TcpProxySchema, {
    statPrefix,
    clusterSpecifier:
      clusters.length === 1
        ? { case: "cluster", value: first.name }
        : { case: "weightedClusters", value: { clusters: clusters.map(({ name, weight }) => ({ name, weight })) } },
    idleTimeout: timeout(idle),
    maxConnectAttempts: 1,
    accessLog: [...accessLog],
  });
  return create(FilterSchema, { name: "envoy.filters.network.tcp_proxy", configType: { case: "typedConfig", value } });
}
