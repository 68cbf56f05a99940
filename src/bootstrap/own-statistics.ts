import type { JsonObject } from "../model/json.ts";
import { STATUS_NAME } from "../model/names.ts";

/**
 * What counts our own traffic: readiness, scrapes, probes, configuration, and what is sent to collectors. Each name ends where
 * that of ours ends, so that a mesh's own names may hold it.
 */
const OWN: readonly string[] = [
  "cluster\\.(outrigger_(admin|control_plane|probe_https?_\\d+|statsd|tracing)|static_cluster_sds_unix_socket)\\..*",
  `(http|listener)\\.(${STATUS_NAME}|admin)\\..*`,
  "(listener|udp)\\.outrigger_(statsd|tracing)\\..*",
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
  // one text: a pattern each would take three times as many bytes in every pod
  const patterns = [{ safe_regex: { regex: [...OWN, OWN_WITHOUT_MEMBERSHIP].join("|") } }];
  return { stats_matcher: { exclusion_list: { patterns } } };
}
