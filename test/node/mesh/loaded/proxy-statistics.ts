/** What the Envoy of a pod says on its status port, each time it is asked; counted since it started. */
export interface ProxyStatistics {
  /** Requests or connections that were sent to each cluster, by its name. */
  readonly sent: ReadonlyMap<string, number>;
  /** Of all clusters: requests that were sent a second time. */
  readonly retried: number;
  /** Responses with listeners that were taken. */
  readonly listenersTaken: number;
  /** Responses with clusters that were taken. */
  readonly clustersTaken: number;
  /** How often other routes were taken, by the configuration's name. */
  readonly routesTaken: ReadonlyMap<string, number>;
  /** How often a stream to the control plane ended, or could not begin. */
  readonly streamsLost: number;
  readonly isConnected: boolean;
}

/** @throws when the status port does not answer. */
export async function proxyStatistics(address: string): Promise<ProxyStatistics> {
  const answer = await fetch(`http://${address}:15020/stats/prometheus`, { signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  return {
    sent: byLabel(text, "envoy_cluster_upstream_rq_total", "envoy_cluster_name"),
    retried: sum(byLabel(text, "envoy_cluster_upstream_rq_retry", "envoy_cluster_name")),
    listenersTaken: value(text, "envoy_listener_manager_lds_update_success"),
    clustersTaken: value(text, "envoy_cluster_manager_cds_update_success"),
    routesTaken: byLabel(text, "envoy_http_rds_update_success", "envoy_rds_route_config"),
    streamsLost: value(text, "envoy_cluster_manager_cds_update_failure"),
    isConnected: value(text, "envoy_control_plane_connected_state") === 1,
  };
}

function byLabel(text: string, metric: string, label: string): ReadonlyMap<string, number> {
  const line = new RegExp(`^${metric}\\{(?:.*,)?${label}="([^"]+)".*\\} (\\d+)$`, "gm");
  return new Map([...text.matchAll(line)].map(([, name = "", count]) => [name, Number(count)]));
}

function value(text: string, metric: string): number {
  const found = new RegExp(`^${metric}\\{[^}]*\\} (\\d+)$`, "m").exec(text)?.[1];
  if (found === undefined) throw new Error(`there is no ${metric}`);
  return Number(found);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, each) => all + each, 0);
}
