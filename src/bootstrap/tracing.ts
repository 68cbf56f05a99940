import type { ClusterDns } from "../model/cluster-dns.ts";
import type { JsonObject } from "../model/json.ts";
import { PORTS } from "../model/names.ts";
import { bareAddress, isLiteralAddress } from "./address.ts";
import { httpOptions, namedCluster } from "./clusters.ts";
import type { Tracing } from "./spec.ts";
import { duration, typed } from "./typed.ts";
import { udpRoute } from "./udp-relay.ts";

/** Cluster of the trace collector, whichever it is. */
const TRACING_CLUSTER = "outrigger_tracing";

/** UDP port on loopback for an X-Ray daemon that is known by a host name; the number is the sidecar's already. */
const XRAY_RELAY_PORT = PORTS.outbound;

/** What tracing adds to a bootstrap. */
interface TracingParts {
  /** An `HttpConnectionManager.Tracing` message, for the listeners that the control plane makes. */
  readonly settings: JsonObject | undefined;
  readonly listeners: readonly JsonObject[];
  readonly clusters: readonly JsonObject[];
}

/**
 * The collector's cluster and the provider's settings. Envoy takes a tracing provider in HTTP connection managers only
 * (the one of the bootstrap is deprecated), and those come from the control plane: so the settings travel in the node's
 * metadata, complete, and the control plane puts them into the listeners of this proxy.
 */
export function tracingParts(tracing: Tracing, clusterDns: ClusterDns | undefined): TracingParts {
  switch (tracing.kind) {
    case "none":
      return { settings: undefined, listeners: [], clusters: [] };
    case "xray":
      return xray(tracing, clusterDns);
    case "jaeger":
      return collected(
        tracing,
        clusterDns,
        httpOptions("http1"),
        provider("zipkin", "ZipkinConfig", {
          collector_cluster: TRACING_CLUSTER,
          collector_endpoint: "/api/v2/spans",
          collector_endpoint_version: "HTTP_JSON",
          ...hostHeader("collector_hostname", tracing),
          // Jaeger, like OpenTelemetry, wants one span per side of a call
          shared_span_context: false,
        }),
      );
    case "datadog":
      return collected(
        tracing,
        clusterDns,
        httpOptions("http1"),
        provider("datadog", "DatadogConfig", {
          collector_cluster: TRACING_CLUSTER,
          ...hostHeader("collector_hostname", tracing),
          service_name: tracing.serviceName,
        }),
      );
    case "otel":
      return collected(
        tracing,
        clusterDns,
        httpOptions("http2"),
        provider("opentelemetry", "OpenTelemetryConfig", {
          grpc_service: {
            envoy_grpc: { cluster_name: TRACING_CLUSTER, ...hostHeader("authority", tracing) },
            timeout: duration(5),
          },
          service_name: tracing.serviceName,
        }),
      );
  }
}

/**
 * X-Ray takes its samples by a rule manifest of its own: the connection manager passes every request on to it. One
 * request a second is sampled besides the rate, as in X-Ray's default rule.
 */
function xray(tracing: Extract<Tracing, { kind: "xray" }>, clusterDns: ClusterDns | undefined): TracingParts {
  const route = udpRoute(
    TRACING_CLUSTER,
    { host: tracing.address, port: tracing.port, relayPort: XRAY_RELAY_PORT },
    clusterDns,
  );
  const rules = { version: 2, default: { fixed_target: 1, rate: tracing.samplingRate }, rules: [] };
  return {
    settings: settings(
      1,
      provider("xray", "XRayConfig", {
        daemon_endpoint: route.address.socket_address ?? null,
        segment_name: tracing.segmentName,
        sampling_rule_manifest: { inline_string: JSON.stringify(rules) },
      }),
    ),
    listeners: route.listeners,
    clusters: route.clusters,
  };
}

interface Collector {
  readonly address: string;
  readonly port: number;
  readonly samplingRate: number;
}

function collected(
  collector: Collector,
  clusterDns: ClusterDns | undefined,
  extra: JsonObject,
  config: JsonObject,
): TracingParts {
  const { address, port } = collector;
  const shape = { name: TRACING_CLUSTER, host: bareAddress(address), port, connectTimeout: duration(5), extra };
  return {
    settings: settings(collector.samplingRate, config),
    listeners: [],
    clusters: [namedCluster(shape, clusterDns)],
  };
}

/** Requests that carry a decision keep it; the rate, a fraction, is for those that carry none. */
function settings(rate: number, config: JsonObject): JsonObject {
  return { random_sampling: { value: percent(rate) }, provider: config };
}

/** Ten decimals, because 0.07 * 100 is 7.000000000000001. */
function percent(fraction: number): number {
  return Number((fraction * 100).toFixed(10));
}

function provider(name: string, message: string, fields: JsonObject): JsonObject {
  return { name: `envoy.tracers.${name}`, typed_config: typed(`envoy.config.trace.v3.${message}`, fields) };
}

/** A host name is sent along; an IP address names no virtual host, there Envoy's default (the cluster's name) does. */
function hostHeader(field: string, { address, port }: Collector): JsonObject {
  return isLiteralAddress(address) ? {} : { [field]: `${bareAddress(address)}:${port}` };
}
