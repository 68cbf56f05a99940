import { type Cluster, Cluster_DiscoveryType } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterWarming } from "../serve/resource.ts";

/**
 * What Envoy waits for before it uses a cluster
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/cluster_manager#cluster-warming).
 */
export function warmingOf(cluster: Cluster): ClusterWarming {
  const { clusterDiscoveryType: kind, edsClusterConfig, healthChecks, name } = cluster;
  const isEds = kind.case === "type" && kind.value === Cluster_DiscoveryType.EDS;
  // the context of a transport socket may name secrets
  const hasSecrets = cluster.transportSocket !== undefined || cluster.transportSocketMatches.length > 0;
  return {
    endpoints: isEds ? edsClusterConfig?.serviceName || name : undefined,
    isSlow: !isEds || healthChecks.length > 0 || hasSecrets,
  };
}
