import { fromBinary } from "@bufbuild/protobuf";
import type { MeshView } from "../../graph/view.ts";
import { PLAIN_TRAITS, type ProxyTraits } from "../../model/proxy-traits.ts";
import type { Cluster } from "../../xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import type { FilterChain } from "../../xds/generated/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "../../xds/generated/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../../xds/generated/envoy/config/route/v3/route_pb.js";
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from "../../xds/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import {
  type TcpProxy,
  TcpProxySchema,
} from "../../xds/generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { translateView } from "../../xds/translate/mesh-view.ts";

/** The configuration of a proxy, by the names of its resources: what the control plane sends, and nothing else. */
export interface EnvoyConfig {
  readonly listeners: ReadonlyMap<string, Listener>;
  readonly routes: ReadonlyMap<string, RouteConfiguration>;
  readonly clusters: ReadonlyMap<string, Cluster>;
}

/** As a pod of this release has them; none of them decides where a request goes. */
const TRAITS: ProxyTraits = { ...PLAIN_TRAITS, directions: "separate" };

/** What the proxies of a view get. */
export function envoyConfig(view: MeshView, clusterDomain: string): EnvoyConfig {
  const listeners = new Map<string, Listener>();
  const routes = new Map<string, RouteConfiguration>();
  const clusters = new Map<string, Cluster>();
  for (const { message } of translateView(view, TRAITS, { domain: clusterDomain })) {
    switch (message.$typeName) {
      case "envoy.config.listener.v3.Listener":
        listeners.set(message.name, message);
        break;
      case "envoy.config.route.v3.RouteConfiguration":
        routes.set(message.name, message);
        break;
      case "envoy.config.cluster.v3.Cluster":
        clusters.set(message.name, message);
        break;
      default:
    }
  }
  return { listeners, routes, clusters };
}

/** What a filter chain does with a connection. */
export type ChainFilter =
  | { readonly kind: "http"; readonly manager: HttpConnectionManager; readonly routes: string }
  | { readonly kind: "tcp"; readonly proxy: TcpProxy };

export function filterOf(chain: FilterChain): ChainFilter | undefined {
  const config = chain.filters[0]?.configType;
  if (config?.case !== "typedConfig") return undefined;
  const { typeUrl, value } = config.value;
  if (typeUrl.endsWith(`/${TcpProxySchema.typeName}`)) return { kind: "tcp", proxy: fromBinary(TcpProxySchema, value) };
  if (!typeUrl.endsWith(`/${HttpConnectionManagerSchema.typeName}`)) return undefined;
  const manager = fromBinary(HttpConnectionManagerSchema, value);
  const specifier = manager.routeSpecifier;
  return { kind: "http", manager, routes: specifier.case === "rds" ? specifier.value.routeConfigName : "" };
}
