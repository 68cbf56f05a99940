import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { TracingTraits } from "../../model/proxy-traits.ts";
import { seconds, typed } from "../encode/typed.ts";
import { SocketAddress_Protocol } from "../generated/envoy/config/core/v3/address_pb.js";
import { DatadogConfigSchema } from "../generated/envoy/config/trace/v3/datadog_pb.js";
import { OpenTelemetryConfigSchema } from "../generated/envoy/config/trace/v3/opentelemetry_pb.js";
import { XRayConfigSchema } from "../generated/envoy/config/trace/v3/xray_pb.js";
import {
  ZipkinConfig_CollectorEndpointVersion,
  ZipkinConfigSchema,
} from "../generated/envoy/config/trace/v3/zipkin_pb.js";
import {
  type HttpConnectionManager_Tracing,
  HttpConnectionManager_TracingSchema,
} from "../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";

/** The collector's cluster in the bootstrap. */
const CLUSTER = "outrigger_tracing";

/** The node whose spans they are. */
export interface TracedNode {
  readonly mesh: string;
  readonly name: string;
}

/**
 * The tracing of a connection manager, which is where Envoy takes a tracing provider; undefined without one. With the bootstrap
 * of src/bootstrap/tracing.ts, whose clusters it uses and which says why each field is as it is: a test holds the two equal.
 */
export function tracing(traits: TracingTraits, node: TracedNode): HttpConnectionManager_Tracing | undefined {
  const name = `${node.mesh}/${node.name}`;
  switch (traits.kind) {
    case "none":
    case "unreadable":
      return undefined;
    case "zipkin":
      return provided(traits.kind, traits.percent, typed(ZipkinConfigSchema, zipkin(traits.host)));
    case "datadog": {
      const settings = {
        collectorCluster: CLUSTER,
        collectorHostname: traits.host ?? "",
        serviceName: `envoy-${name}`,
      };
      return provided(traits.kind, traits.percent, typed(DatadogConfigSchema, settings));
    }
    case "opentelemetry": {
      const target = { clusterName: CLUSTER, authority: traits.host ?? "" };
      const grpcService = { targetSpecifier: { case: "envoyGrpc", value: target }, timeout: seconds(5) } as const;
      const settings = { grpcService, serviceName: `envoy-${name}` };
      return provided(traits.kind, traits.percent, typed(OpenTelemetryConfigSchema, settings));
    }
    case "xray":
      // X-Ray takes its samples by its own rules, out of all requests
      return provided(traits.kind, 100, typed(XRayConfigSchema, xray(traits.port, traits.rate, name)));
  }
}

function zipkin(host: string | undefined): MessageInitShape<typeof ZipkinConfigSchema> {
  return {
    collectorCluster: CLUSTER,
    collectorEndpoint: "/api/v2/spans",
    collectorEndpointVersion: ZipkinConfig_CollectorEndpointVersion.HTTP_JSON,
    collectorHostname: host ?? "",
    sharedSpanContext: false,
  };
}

function xray(port: number, rate: number, segmentName: string): MessageInitShape<typeof XRayConfigSchema> {
  const rules = { version: 2, default: { fixed_target: 1, rate }, rules: [] };
  return {
    daemonEndpoint: {
      protocol: SocketAddress_Protocol.UDP,
      address: "127.0.0.1",
      portSpecifier: { case: "portValue", value: port },
    },
    segmentName,
    samplingRuleManifest: { specifier: { case: "inlineString", value: JSON.stringify(rules) } },
  };
}

function provided(tracer: string, percent: number, config: Any): HttpConnectionManager_Tracing {
  return create(HttpConnectionManager_TracingSchema, {
    randomSampling: { value: percent },
    provider: { name: `envoy.tracers.${tracer}`, configType: { case: "typedConfig", value: config } },
  });
}
