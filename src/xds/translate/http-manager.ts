import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { seconds, typed } from "../encode/typed.ts";
import type { AccessLog } from "../generated/envoy/config/accesslog/v3/accesslog_pb.js";
import type { Http1ProtocolOptionsSchema } from "../generated/envoy/config/core/v3/protocol_pb.js";
import { type Filter, FilterSchema } from "../generated/envoy/config/listener/v3/listener_components_pb.js";
import { RouterSchema } from "../generated/envoy/extensions/filters/http/router/v3/router_pb.js";
import {
  HttpConnectionManager_CodecType,
  HttpConnectionManager_PathWithEscapedSlashesAction,
  type HttpConnectionManager_Tracing,
  HttpConnectionManagerSchema,
} from "../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HeaderMutationSchema } from "../generated/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import { PreserveCaseFormatterConfigSchema } from "../generated/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case_pb.js";
import { HTTP2_OPTIONS, MAX_HEADERS, REQUEST_HEADERS_KB, STRANGERS } from "./limits.ts";

export interface HttpManager {
  readonly statPrefix: string;
  /** Name of the route configuration, which comes over the stream. */
  readonly routes: string;
  readonly accessLog: readonly AccessLog[];
  readonly tracing: HttpConnectionManager_Tracing | undefined;
  /**
   * Clients are to go elsewhere, and everything goes on being served. The chain that was there before drains because this one differs: with our
   * `--drain-strategy immediate` each of its answers says `Connection: close`, or GOAWAY over HTTP/2. Connections that are new even so, for
   * others learn later that the pod goes, serve one request.
   */
  readonly leaving?: boolean;
  /** Clients are strangers: what each may use up is bounded, and what they say to an Envoy is not heard. Undefined: apps and sidecars. */
  readonly strangers?: Strangers | undefined;
  /** What comes after it, in the same Envoy, goes by the scheme that the client named. */
  readonly keepsScheme?: boolean;
}

export interface Strangers {
  /** Where a client's address comes from: its connection, or `x-forwarded-for` as it came. */
  readonly address: "connection" | "forwarded";
  /** Beginnings of headers that nobody outside may set, in small letters. */
  readonly removed: readonly string[];
}

/** Host of a request of HTTP/1.0 that names none: nobody's name, so that only a route for every host takes it. */
const NO_HOST = "without-host.invalid";

/**
 * The connection manager of a chain that speaks HTTP, /1 or /2 as the client does. Time-outs stand in its routes, so that none of them changes a listener: a
 * changed listener cuts open connections.
 */
export function httpManager({
  statPrefix,
  routes,
  accessLog,
  tracing,
  leaving = false,
  strangers,
  keepsScheme = false,
}: HttpManager): Filter {
  const value = typed(HttpConnectionManagerSchema, {
    codecType: HttpConnectionManager_CodecType.AUTO,
    statPrefix,
    routeSpecifier: {
      case: "rds",
      value: {
        routeConfigName: routes,
        configSource: {
          configSourceSpecifier: { case: "ads", value: {} },
          initialFetchTimeout: seconds(5),
          resourceApiVersion: 2,
        },
      },
    },
    httpFilters: [
      { name: "envoy.filters.http.router", configType: { case: "typedConfig", value: typed(RouterSchema) } },
    ],
    httpProtocolOptions: {
      ...HTTP1_OPTIONS,
      acceptHttp10: true,
      defaultHostForHttp10: NO_HOST,
      ignoreHttp11Upgrade: NOT_TAKEN,
    },
    http2ProtocolOptions: HTTP2_OPTIONS,
    commonHttpProtocolOptions: {
      maxHeadersCount: MAX_HEADERS,
      idleTimeout: seconds(3600),
      ...(leaving && { maxRequestsPerConnection: 1 }),
    },
    maxRequestHeadersKb: REQUEST_HEADERS_KB,
    ...(!keepsScheme && { schemeHeaderTransformation: AS_IS_SPOKEN }),
    // every route has an idle time-out of its own
    streamIdleTimeout: seconds(0),
    upgradeConfigs: [{ upgradeType: "websocket" }],
    normalizePath: true,
    mergeSlashes: true,
    pathWithEscapedSlashesAction: HttpConnectionManager_PathWithEscapedSlashesAction.KEEP_UNCHANGED,
    accessLog: [...accessLog],
    ...(tracing !== undefined && { tracing }),
    ...(strangers !== undefined && ofStrangers(strangers)),
  });
  return create(FilterSchema, {
    name: "envoy.filters.network.http_connection_manager",
    configType: { case: "typedConfig", value },
  });
}

/**
 * As Envoy's own advice for edges has it
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge), but for names with underscores: people match them.
 */
function ofStrangers({ address, removed }: Strangers) {
  const mutations = removed.map((prefix) => {
    const keyMatcher = { matchPattern: { case: "prefix", value: prefix } } as const;
    return { action: { case: "removeOnMatch", value: { keyMatcher } } } as const;
  });
  return {
    http2ProtocolOptions: STRANGERS.http2,
    requestHeadersTimeout: seconds(STRANGERS.headersSeconds),
    streamIdleTimeout: seconds(STRANGERS.idleSeconds),
    useRemoteAddress: address === "connection",
    earlyHeaderMutationExtensions: [
      {
        name: "envoy.http.early_header_mutation.header_mutation",
        typedConfig: typed(HeaderMutationSchema, { mutations }),
      },
    ],
  } satisfies MessageInitShape<typeof HttpConnectionManagerSchema>;
}

/**
 * Offers to go on with another protocol that are not heard, as by nearly every server. Some clients, such as Apache's HttpClient since 5.4, offer
 * TLS in each request (RFC 2817), which Envoy would answer with 403 (https://github.com/envoyproxy/envoy/issues/36305). It does not hear `h2c` itself.
 */
const NOT_TAKEN = ["TLS/", "HTTP/"].map(
  (value) => ({ matchPattern: { case: "prefix", value }, ignoreCase: true }) as const,
);

/**
 * `:scheme` over HTTP/2 says how its connection is spoken. Where TLS ended before, or `x-forwarded-proto` says so, it would be `https` over plain
 * text, which servers such as Kestrel refuse (https://github.com/istio/istio/issues/34448).
 */
const AS_IS_SPOKEN = { matchUpstream: true } as const;

/** Headers of HTTP/1 keep their letters' case: some apps go by it. Trailers pass. Both sides of Envoy must say so. */
export const HTTP1_OPTIONS = {
  enableTrailers: true,
  headerKeyFormat: {
    headerFormat: {
      case: "statefulFormatter",
      value: {
        name: "envoy.http.stateful_header_formatters.preserve_case",
        typedConfig: typed(PreserveCaseFormatterConfigSchema, { forwardReasonPhrase: true }),
      },
    },
  },
} as const satisfies MessageInitShape<typeof Http1ProtocolOptionsSchema>;
