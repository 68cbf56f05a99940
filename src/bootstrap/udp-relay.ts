import type { ClusterDns } from "../model/cluster-dns.ts";
import type { JsonObject } from "../model/json.ts";
import { isLiteralAddress, udpAddress } from "./address.ts";
import { namedCluster } from "./clusters.ts";
import { duration, typed } from "./typed.ts";

/** Where to send datagrams, and what it takes in the bootstrap to get them there. */
export interface UdpRoute {
  /** An Envoy `core.v3.Address`, always an IP address. */
  readonly address: JsonObject;
  readonly listeners: readonly JsonObject[];
  readonly clusters: readonly JsonObject[];
}

/**
 * A way for datagrams to a host. Envoy's own senders (statsd, X-Ray) take IP addresses only; for a host name they send
 * to `relayPort` on loopback, where Envoy's UDP proxy passes the datagrams on to the name, resolved by DNS again and
 * again. `relayPort` is a UDP port, so it is free of whatever listens there with TCP.
 */
export function udpRoute(
  name: string,
  { host, port, relayPort }: { readonly host: string; readonly port: number; readonly relayPort: number },
  clusterDns: ClusterDns | undefined,
): UdpRoute {
  if (isLiteralAddress(host)) return { address: udpAddress(host, port), listeners: [], clusters: [] };
  return {
    address: udpAddress("127.0.0.1", relayPort),
    listeners: [relay(name, relayPort)],
    clusters: [namedCluster({ name, host, port, protocol: "UDP", connectTimeout: duration(1) }, clusterDns)],
  };
}

function relay(name: string, port: number): JsonObject {
  return {
    name,
    stat_prefix: name,
    address: udpAddress("127.0.0.1", port),
    listener_filters: [
      {
        name: "envoy.filters.udp_listener.udp_proxy",
        typed_config: typed("envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig", {
          stat_prefix: name,
          // a session holds the address that was resolved when it began: short ones follow DNS
          idle_timeout: duration(10),
          // Envoy calls this field unfinished, and the one that it replaces deprecated
          matcher: {
            on_no_match: {
              action: {
                name: "route",
                typed_config: typed("envoy.extensions.filters.udp.udp_proxy.v3.Route", { cluster: name }),
              },
            },
          },
        }),
      },
    ],
  };
}
