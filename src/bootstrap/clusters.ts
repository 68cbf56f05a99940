import type { JsonObject } from "../model/json.ts";
import { isLiteralAddress } from "./address.ts";
import { clusterLimits, HTTP2_LIMITS } from "./limits.ts";
import { typed } from "./typed.ts";

/** How a cluster speaks HTTP to its endpoints; absent: it does not. */
type UpstreamHttp = "http1" | "http2";

/** Everything that the clusters of a bootstrap have in common: one endpoint, and how it is found. */
interface ClusterShape {
  readonly name: string;
  /** An Envoy `core.v3.Address`. */
  readonly address: JsonObject;
  readonly connectTimeout: string;
  readonly extra?: JsonObject;
}

/** A cluster of one fixed address. */
export function staticCluster(shape: ClusterShape): JsonObject {
  return cluster(shape, { type: "STATIC" });
}

/**
 * A cluster of one host name or address. Names are resolved again as their TTL says, in both families; the connection
 * that comes up first wins. (This is STRICT_DNS, whose own settings for it are deprecated.)
 */
export function namedCluster(shape: ClusterShape, host: string): JsonObject {
  if (isLiteralAddress(host)) return staticCluster(shape);
  return cluster(shape, {
    cluster_type: {
      name: "envoy.cluster.dns",
      typed_config: typed("envoy.extensions.clusters.dns.v3.DnsCluster", {
        dns_lookup_family: "ALL",
        respect_dns_ttl: true,
      }),
    },
  });
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

function cluster({ name, address, connectTimeout, extra }: ClusterShape, discovery: JsonObject): JsonObject {
  return {
    name,
    ...discovery,
    connect_timeout: connectTimeout,
    ...clusterLimits(),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] },
    ...extra,
  };
}
