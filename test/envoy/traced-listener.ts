import { create, toJson } from "@bufbuild/protobuf";
import { podTraits } from "../../src/cluster/pod-traits.ts";
import { seconds, typed } from "../../src/xds/encode/typed.ts";
import { TrafficDirection } from "../../src/xds/generated/envoy/config/core/v3/base_pb.js";
import { ListenerSchema } from "../../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import { RouterSchema } from "../../src/xds/generated/envoy/extensions/filters/http/router/v3/router_pb.js";
import { HttpConnectionManagerSchema } from "../../src/xds/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { type TracedNode, tracing } from "../../src/xds/translate/tracing.ts";
import { ENVOY_MESSAGES } from "../envoy-messages.ts";
import { sidecarWith } from "../pod-with-bootstrap.ts";

/**
 * A listener that answers every request itself and traces it as the control plane has a proxy trace that was started with
 * this bootstrap; as JSON, so that it can be put into that bootstrap.
 */
export function tracedListener(port: number, bootstrap: string, node: TracedNode): object {
  const { tracing: traits } = podTraits({ spec: { containers: [sidecarWith(bootstrap)] } });
  const settings = tracing(traits, node);
  const route = {
    match: { pathSpecifier: { case: "prefix", value: "/" } },
    action: { case: "directResponse", value: { status: 200 } },
  } as const;
  const manager = typed(HttpConnectionManagerSchema, {
    statPrefix: "traced",
    ...(settings && { tracing: settings }),
    streamIdleTimeout: seconds(0),
    routeSpecifier: {
      case: "routeConfig",
      value: { virtualHosts: [{ name: "all", domains: ["*"], routes: [route] }] },
    },
    httpFilters: [
      { name: "envoy.filters.http.router", configType: { case: "typedConfig", value: typed(RouterSchema) } },
    ],
  });
  const name = "envoy.filters.network.http_connection_manager";
  const socket = { address: "127.0.0.1", portSpecifier: { case: "portValue", value: port } } as const;
  const listener = create(ListenerSchema, {
    name: "traced",
    address: { address: { case: "socketAddress", value: socket } },
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [{ filters: [{ name, configType: { case: "typedConfig", value: manager } }] }],
  });
  return toJson(ListenerSchema, listener, { registry: ENVOY_MESSAGES, useProtoFieldName: true }) as object;
}
