/** What the Envoy of a pod says on its status port, by the names that Prometheus has; each time it is asked. */
export interface ProxyStatistics {
  /** Requests or connections that were sent to each cluster, by its name. */
  readonly sent: ReadonlyMap<string, number>;
  /** How often another configuration of routes was taken, by its name. */
  readonly routesTaken: ReadonlyMap<string, number>;
}

/** @throws when the status port does not answer. */
export async function proxyStatistics(address: string): Promise<ProxyStatistics> {
  const answer = await fetch(`http://${address}:15020/stats/prometheus`, { signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  return {
    sent: byLabel(text, "envoy_cluster_upstream_rq_total", "envoy_cluster_name"),
    routesTaken: byLabel(text, "envoy_http_rds_config_reload", "envoy_rds_route_config"),
  };
}

function byLabel(text: string, metric: string, label: string): ReadonlyMap<string, number> {
  const line = new RegExp(`^${metric}\\{(?:.*,)?${label}="([^"]+)".*\\} (\\d+)$`, "gm");
  return new Map([...text.matchAll(line)].map(([, name = "", count]) => [name, Number(count)]));
}
