import type { PodSummary } from "../../cluster/pods-resource.ts";

/**
 * A pod of a workload for which the others have to wait before one more is evicted: it has its sidecar and is not Ready yet, or
 * it is of a StatefulSet, which makes the next one only once this one is gone. Read off the cluster, so that a new leader waits
 * for what the former one evicted.
 */
export function unsettledPod(pods: readonly PodSummary[]): PodSummary | undefined {
  return pods.find(({ controller, injected, phase, ready, deletion }) => {
    if (deletion !== undefined) return controller?.kind === "StatefulSet";
    const hasEnded = phase === "Succeeded" || phase === "Failed";
    return injected && !ready && !hasEnded;
  });
}
