import type { TestNamespace } from "../sidecar/app-pod.ts";

/**
 * Counters of clusters in the Envoy of the first pod with these labels, by the cluster's name. The counter is named as
 * Prometheus has it, such as `upstream_rq_total`; what never counted is left out. @throws when its status port does not answer.
 */
export async function clusterCounters(
  namespace: TestNamespace,
  labels: string,
  counter: string,
): Promise<Readonly<Record<string, number>>> {
  const address = await namespace.kubectl(
    "get",
    "pod",
    `--selector=${labels}`,
    "--output=jsonpath={.items[0].status.podIP}",
  );
  const answer = await fetch(`http://${address}:15020/stats/prometheus`, { signal: AbortSignal.timeout(10_000) });
  const line = new RegExp(`^envoy_cluster_${counter}\\{envoy_cluster_name="([^"]+)"\\} (\\d+)$`, "gm");
  const found = (await answer.text()).matchAll(line);
  return Object.fromEntries(
    [...found].map(([, name = "", count]) => [name, Number(count)]).filter(([, count]) => count !== 0),
  );
}
