import { kubeClient } from "../kube/client.ts";
import { kubeEndpoint } from "../kube/endpoint.ts";
import { type ClusterReads, clusterReads } from "./cluster-reads.ts";
import { DIAGNOSE_LIMITS } from "./limits.ts";
import { forwardingDoor, type PodDoor } from "./pod-door.ts";

export interface Connection {
  readonly reads: ClusterReads;
  readonly door: PodDoor;
}

/**
 * The cluster of a kubeconfig; an empty path means kubectl's own, or the pod that we run in. Rejects with KubeError when there
 * is no cluster, or it does not answer: then nothing else needs to be tried.
 */
export async function connect(
  kubeconfig: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const client = kubeClient(await kubeEndpoint(kubeconfig, environment as NodeJS.ProcessEnv));
  const { signal } = new AbortController();
  await client.get("/version", { content: "whole", signal, timeout: DIAGNOSE_LIMITS.read });
  return { reads: clusterReads(client, signal), door: forwardingDoor(kubeconfig, environment) };
}
