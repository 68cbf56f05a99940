import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES, IDLE_SECONDS, QUESTION_HEADERS } from "../../bootstrap/limits.ts";
import { ADMIN_CLUSTER, STATUS_NAME } from "../../model/names.ts";
import { type Resource, resourceOf } from "../encode/resource.ts";
import { seconds, typed } from "../encode/typed.ts";
import { type FilterChain, FilterChainSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import type { RouteSchema } from "../generated/envoy/config/route/v3/route_components_pb.js";
import { RouterSchema } from "../generated/envoy/extensions/filters/http/router/v3/router_pb.js";
import {
  HttpConnectionManager_CodecType,
  HttpConnectionManager_PathWithEscapedSlashesAction,
  HttpConnectionManagerSchema,
} from "../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { REQUEST_HEADERS_KB } from "./limits.ts";

/** Pages of the admin interface that anybody may read; all others stop Envoy, change it or tell about it. */
const PAGES = ["/ready", "/stats", "/stats/prometheus", "/server_info"];
/** The longest that the admin interface may take: a large mesh's statistics. */
const PAGE_SECONDS = 30;
const REQUEST_SECONDS = 10;

/** Where a pod is reached. */
export interface PodPlace {
  /** Of both families, at least one. */
  readonly addresses: readonly [string, ...string[]];
  /** Of Envoy's admin interface, which has it on loopback: so it cannot be opened on every address at once. */
  readonly port: number;
}

/**
 * The listener that answers scrapers and health checks of App Mesh at the pod's own address, as its Envoys did: GET of four pages, each
 * by its exact path as it came, so that nothing that is written in another way can mean another page. Other methods get 405 there, and
 * everything else 404.
 */
export function statsListener({ addresses: [first, ...others], port }: PodPlace): Resource {
  const at = (address: string) =>
    ({
      address: { case: "socketAddress", value: { address, portSpecifier: { case: "portValue", value: port } } },
    }) as const;
  const listener: Listener = create(ListenerSchema, {
    name: "outrigger_stats",
    statPrefix: STATUS_NAME,
    address: at(first),
    additionalAddresses: others.map((address) => ({ address: at(address) })),
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    filterChains: [statsChain()],
  });
  return resourceOf(listener);
}

let chain: FilterChain | undefined;

/** The same for every pod, made once: each proxy that comes needs it. */
function statsChain(): FilterChain {
  chain ??= makeChain();
  return chain;
}

function makeChain(): FilterChain {
  const value = typed(HttpConnectionManagerSchema, {
    // statistics of our own go by one name, which bootstraps leave out
    statPrefix: STATUS_NAME,
    codecType: HttpConnectionManager_CodecType.HTTP1,
    commonHttpProtocolOptions: { idleTimeout: seconds(IDLE_SECONDS), maxHeadersCount: QUESTION_HEADERS },
    maxRequestHeadersKb: REQUEST_HEADERS_KB,
    streamIdleTimeout: seconds(IDLE_SECONDS),
    requestTimeout: seconds(REQUEST_SECONDS),
    normalizePath: false,
    mergeSlashes: false,
    pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.KEEP_UNCHANGED,
    routeSpecifier: {
      case: "routeConfig",
      value: { name: "stats", virtualHosts: [{ name: "stats", domains: ["*"], routes: PAGES.flatMap(routesOf) }] },
    },
    httpFilters: [
      {
        name: "envoy.filters.http.router",
        configType: { case: "typedConfig", value: typed(RouterSchema, { suppressEnvoyHeaders: true }) },
      },
    ],
  });
  return create(FilterChainSchema, {
    filters: [{ name: "envoy.filters.network.http_connection_manager", configType: { case: "typedConfig", value } }],
  });
}

function routesOf(path: string): readonly MessageInitShape<typeof RouteSchema>[] {
  const method = { matchPattern: { case: "exact", value: "GET" } } as const;
  const pathSpecifier = { case: "path", value: path } as const;
  return [
    {
      match: {
        pathSpecifier,
        headers: [{ name: ":method", headerMatchSpecifier: { case: "stringMatch", value: method } }],
      },
      action: {
        case: "route",
        value: { clusterSpecifier: { case: "cluster", value: ADMIN_CLUSTER }, timeout: seconds(PAGE_SECONDS) },
      },
    },
    { match: { pathSpecifier }, action: { case: "directResponse", value: { status: 405 } } },
  ];
}
