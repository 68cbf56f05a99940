import type { RegisteredPod } from "../model/cloud-map.ts";
import type { PodSummary } from "./pods-resource.ts";

/** A pod as nodes register it in Cloud Map. Ready by its containers alone: App Mesh's readiness gate waits for just this. */
export function registeredPod({ labels, addresses, containersReady, lost, deletion }: PodSummary): RegisteredPod {
  const health = deletion === undefined && !lost ? "healthy" : "leaving";
  return { labels, addresses, health: containersReady ? health : "unready" };
}
