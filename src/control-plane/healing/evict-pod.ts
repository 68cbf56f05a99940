import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError } from "../../kube/kube-error.ts";

/** `budget`: a PodDisruptionBudget does not allow it now. `gone`: it was not there any more, or another pod has its name. */
export type Evicted = "evicted" | "budget" | "gone";

/**
 * Asks the API server to evict a pod, which it does within PodDisruptionBudgets and with the pod's own grace period
 * (https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/). Rejects with KubeError for any other answer.
 */
export async function evictPod(
  client: KubeClient,
  { namespace, name, uid }: PodSummary,
  signal: AbortSignal,
  timeout: number,
): Promise<Evicted> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
  const body = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { namespace, name },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    await client.send({ method: "POST", path, body, signal, timeout });
    return "evicted";
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.status === 429) return "budget";
    if (error.status === 404 || error.status === 409) return "gone";
    throw error;
  }
}
