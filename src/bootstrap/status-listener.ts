import type { JsonObject } from "../model/json.ts";
import { ADMIN_CLUSTER, PORTS, STATUS_NAME } from "../model/names.ts";
import { anyAddress } from "./address.ts";
import { forgettingMarkers, receivingAsIs, sendingAsIs } from "./as-received.ts";
import { connectionProbeFilter, isConnectionProbe } from "./connection-probes.ts";
import { httpProbeRoute, isHttpProbe } from "./http-probes.ts";
import { IDLE_SECONDS, QUESTION_HEADERS } from "./limits.ts";
import { NO_GET } from "./route-match.ts";
import type { ProbeRoute } from "./spec.ts";
import { duration, typed } from "./typed.ts";

/** Paths of the admin interface that the outside may ask for; all others stop Envoy, change it or tell about it. */
const ADMIN_PATHS = ["/ready", "/stats/prometheus"];

/** The longest that a client may take to send its request. */
const REQUEST_SECONDS = 10;
/** The longest that the admin interface may take: a large mesh's statistics. */
const ADMIN_SECONDS = 30;

/**
 * The one listener that answers the outside: readiness, metrics, and each probe on its exact path. Whatever else is
 * asked gets 404.
 */
export function statusListener(ipv6: boolean, probes: readonly ProbeRoute[]): JsonObject {
  return {
    name: STATUS_NAME,
    // else its statistics would go by its address, which is not the same in both families
    stat_prefix: STATUS_NAME,
    address: anyAddress(PORTS.status, ipv6),
    // a probe must not fail because the app has many connections
    ignore_global_conn_limit: true,
    filter_chains: [{ filters: [connectionManager(probes)] }],
  };
}

function connectionManager(probes: readonly ProbeRoute[]): JsonObject {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
      stat_prefix: STATUS_NAME,
      codec_type: "HTTP1",
      common_http_protocol_options: {
        idle_timeout: duration(IDLE_SECONDS),
        max_headers_count: QUESTION_HEADERS,
      },
      stream_idle_timeout: duration(IDLE_SECONDS),
      request_timeout: duration(REQUEST_SECONDS),
      ...receivingAsIs(),
      route_config: {
        ...forgettingMarkers(),
        virtual_hosts: [
          {
            name: "status",
            domains: ["*"],
            ...sendingAsIs(),
            // The kubelet would follow it to a path of this listener. Without one it counts a redirect as a success with a
            // warning, as it does for a redirect to another host.
            response_headers_to_remove: ["location"],
            routes: [
              notFound(NO_GET),
              ...ADMIN_PATHS.map(adminRoute),
              ...probes.filter(isHttpProbe).map(httpProbeRoute),
            ],
          },
        ],
      },
      http_filters: [...probes.filter(isConnectionProbe).map(connectionProbeFilter), router()],
    }),
  };
}

function adminRoute(path: string): JsonObject {
  return { match: { path }, route: { cluster: ADMIN_CLUSTER, timeout: duration(ADMIN_SECONDS) } };
}

function notFound(match: JsonObject): JsonObject {
  return { match, direct_response: { status: 404 } };
}

function router(): JsonObject {
  return {
    name: "envoy.filters.http.router",
    typed_config: typed("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }),
  };
}
