import { kubeClient } from "../../kube/client.ts";
import { kubeEndpoint } from "../../kube/endpoint.ts";
import type { ClusterPlace } from "../../kube/kubeconfig.ts";
import type { Environment } from "../../model/environment.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import { type ClusterReads, clusterReads } from "./cluster-reads.ts";
import { forwardingDoor, type PodDoor } from "./pod-door.ts";

export interface Connection {
  readonly reads: ClusterReads;
  readonly door: PodDoor;
  /** Of the kubeconfig's context, else `default`: where kubectl looks for what names no namespace. */
  readonly namespace: string;
}

/**
 * The cluster of a kubeconfig. Rejects with KubeError when there
 * is no cluster, or it does not answer: then nothing else needs to be tried.
 */
export async function connect(place: ClusterPlace, environment: Environment): Promise<Connection> {
  const endpoint = await kubeEndpoint(place.kubeconfig, environment, place.context);
  const client = kubeClient(endpoint);
  const { signal } = new AbortController();
  await client.get("/version", { content: "whole", signal, timeout: DIAGNOSE_LIMITS.read });
  return {
    reads: clusterReads(client, signal),
    door: forwardingDoor(place, environment),
    namespace: endpoint.namespace || "default",
  };
}
