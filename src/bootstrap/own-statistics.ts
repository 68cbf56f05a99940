import type { JsonObject } from "../model/json.ts";

/** Name and statistics of the listener that answers readiness, scrapes and probes. */
export const STATUS_NAME = "outrigger_status";

/**
 * What begins so counts our own traffic: readiness, scrapes, probes, configuration, and what is sent to collectors. Each
 * ends where the name of ours ends, so that a mesh's own names may hold them.
 */
const OWN: readonly string[] = [
  "cluster.outrigger_admin.",
  "cluster.outrigger_control_plane.",
  "cluster.outrigger_probe_http_",
  "cluster.outrigger_probe_https_",
  "cluster.outrigger_statsd.",
  "cluster.outrigger_tracing.",
  "cluster.static_cluster_sds_unix_socket.",
  `http.${STATUS_NAME}.`,
  `listener.${STATUS_NAME}.`,
  "http.admin.",
  "listener.admin.",
  "listener.outrigger_statsd.",
  "udp.outrigger_statsd.",
  "listener.outrigger_tracing.",
  "udp.outrigger_tracing.",
];

/**
 * A probe by TCP or gRPC is answered out of the numbers of a cluster's members and of its healthy ones, `membership_…`, which
 * therefore stay: without them no such probe would ever succeed.
 */
const OWN_WITHOUT_MEMBERSHIP = "cluster\\.outrigger_probe_(tcp|grpc)_[a-z0-9_]+\\.([^m]|m[^e]).*";

/**
 * A `StatsMatcher` that leaves our own traffic out of the statistics: who watches requests succeed must not see ours where
 * none came. `cluster_manager.` is never left out, for Envoy goes by it and takes no clusters any more (envoy issue 28179).
 */
export function withoutOwnStatistics(): JsonObject {
  const patterns = [...OWN.map((prefix) => ({ prefix })), { safe_regex: { regex: OWN_WITHOUT_MEMBERSHIP } }];
  return { stats_matcher: { exclusion_list: { patterns } } };
}
