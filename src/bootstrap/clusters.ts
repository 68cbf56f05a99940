import { type ClusterDns, serviceName } from "../model/cluster-dns.ts";
import type { JsonObject } from "../model/json.ts";
import { isLiteralAddress, tcpAddress, udpAddress } from "./address.ts";
import { HTTP2_LIMITS, noBreakers } from "./limits.ts";
import { duration, typed } from "./typed.ts";

/** How a cluster speaks HTTP to its endpoints; absent: it does not. */
type UpstreamHttp = "http1" | "http2";

/** Everything that the clusters of a bootstrap have in common: one endpoint, and how it is found. */
interface ClusterShape {
  readonly name: string;
  /** An Envoy `core.v3.Address`. */
  readonly address: JsonObject;
  readonly connectTimeout: string;
  /** By default none, as for the app's traffic: whoever asks much of a probe or a tracer must not make the next one fail. */
  readonly breakers?: "none" | "envoy's own";
  readonly extra?: JsonObject;
}

/** A cluster of one fixed address. */
export function staticCluster(shape: ClusterShape): JsonObject {
  return cluster(shape, { type: "STATIC" });
}

/** A cluster of one host name or IP address. */
interface NamedShape extends Omit<ClusterShape, "address"> {
  readonly host: string;
  readonly port: number;
  readonly protocol?: "TCP" | "UDP";
}

/** Between two attempts to resolve a name that nobody answers for, in seconds. */
const RESOLVE_AGAIN = { base_interval: duration(1), max_interval: duration(10) };

/**
 * Names are resolved again as their TTL says, in both families; the connection that comes up first wins. (This is
 * STRICT_DNS, whose own settings for it are deprecated.) The name of a Service is asked of the cluster's DNS where that is
 * known, whatever the pod's is: with `dnsPolicy: Default` or `None` the pod's may not know it, and no sidecar would start.
 */
export function namedCluster(named: NamedShape, clusterDns: ClusterDns | undefined): JsonObject {
  const { host, port, protocol = "TCP", ...rest } = named;
  const addressOf = protocol === "TCP" ? tcpAddress : udpAddress;
  if (isLiteralAddress(host)) return staticCluster({ ...rest, address: addressOf(host, port) });
  const service = clusterDns && serviceName(host, clusterDns);
  return cluster(
    { ...rest, address: addressOf(service ?? host, port) },
    {
      cluster_type: {
        name: "envoy.cluster.dns",
        typed_config: typed("envoy.extensions.clusters.dns.v3.DnsCluster", {
          dns_lookup_family: "ALL",
          respect_dns_ttl: true,
          dns_failure_refresh_rate: RESOLVE_AGAIN,
          ...(clusterDns && service !== undefined && { typed_dns_resolver_config: resolver(clusterDns) }),
        }),
      },
    },
  );
}

/** A resolver that asks the given servers for whole names, and nothing of the pod's `resolv.conf`. */
function resolver({ servers }: ClusterDns): JsonObject {
  return {
    name: "envoy.network.dns_resolver.cares",
    typed_config: typed("envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig", {
      resolvers: servers.map((server) => udpAddress(server, 53)),
      dns_resolver_options: { no_default_search_domain: true },
      query_timeout_seconds: 1,
      query_tries: 2,
    }),
  };
}

/** `typed_extension_protocol_options` of a cluster that speaks one version of HTTP. */
export function httpOptions(version: UpstreamHttp, options: JsonObject = {}, more: JsonObject = {}): JsonObject {
  const field = version === "http1" ? "http_protocol_options" : "http2_protocol_options";
  const limits = version === "http1" ? {} : HTTP2_LIMITS;
  return protocolOptions({ explicit_http_config: { [field]: { ...limits, ...options } }, ...more });
}

/** `typed_extension_protocol_options` with the given `HttpProtocolOptions`. */
export function protocolOptions(fields: JsonObject): JsonObject {
  const type = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return { typed_extension_protocol_options: { [type]: typed(type, fields) } };
}

function cluster(shape: ClusterShape, discovery: JsonObject): JsonObject {
  const { name, address, connectTimeout, breakers = "none", extra } = shape;
  return {
    name,
    ...discovery,
    connect_timeout: connectTimeout,
    ...(breakers === "none" && noBreakers()),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...extra,
  };
}
