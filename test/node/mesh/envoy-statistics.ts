import { expect, vi } from "vitest";
import type { TestNamespace } from "../sidecar/app-pod.ts";
import { addressOf, standingPods } from "../standing-pods.ts";

/**
 * A statistic of clusters, summed over the Envoys of the pods with these labels, by the cluster's name. It is named as Prometheus
 * has it, such as `upstream_rq_total`; what is 0 is left out. @throws when a status port does not answer.
 */
export async function clusterCounters(
  namespace: TestNamespace,
  labels: string,
  statistic: string,
): Promise<Readonly<Record<string, number>>> {
  const line = new RegExp(`^envoy_cluster_${statistic}\\{envoy_cluster_name="([^"]+)"\\} (\\d+)$`, "gm");
  const sums: Record<string, number> = {};
  for (const text of await statistics(namespace, labels)) {
    for (const [, name = "", count] of text.matchAll(line)) {
      if (count !== "0") sums[name] = (sums[name] ?? 0) + Number(count);
    }
  }
  return sums;
}

/** Changes something, and waits until the Envoy of each pod with these labels has the routes that come of it. */
export async function reloaded(
  namespace: TestNamespace,
  labels: string,
  direction: "ingress" | "egress",
  change: () => Promise<unknown>,
): Promise<void> {
  const before = await routeReloads(namespace, labels, direction);
  await change();
  const took = async (): Promise<void> => {
    const now = await routeReloads(namespace, labels, direction);
    expect(now.map((count, pod) => count > (before[pod] ?? 0))).toEqual(before.map(() => true));
  };
  await vi.waitFor(took, { timeout: 120_000, interval: 100 });
}

/** How often the Envoy of each pod with these labels has taken new routes for its HTTP listeners of this direction. */
async function routeReloads(
  namespace: TestNamespace,
  labels: string,
  direction: "ingress" | "egress",
): Promise<readonly number[]> {
  // the name of the routes is a label or a part of the statistic's name
  const line = new RegExp(`^envoy_http_(?=.*rds_${direction}_http_).*config_reload\\{.*\\} (\\d+)$`, "gm");
  return (await statistics(namespace, labels)).map((text) =>
    [...text.matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0),
  );
}

/** What the status ports of these pods say, in the order of the pods' names. */
async function statistics(namespace: TestNamespace, labels: string): Promise<readonly string[]> {
  const pods = await standingPods(namespace.name, labels);
  return await Promise.all(
    pods.map(async (pod) => {
      const url = `http://${addressOf(pod)}:15020/stats/prometheus`;
      return await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text();
    }),
  );
}
