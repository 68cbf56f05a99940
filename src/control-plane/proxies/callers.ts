import { type PodSummary, podSummary } from "../../cluster/pods-resource.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Informer } from "../../kube/informer.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { Caller } from "../../xds/serve/application.ts";
import { StreamClosed } from "../../xds/serve/stream-closed.ts";
import { CONTROL_PLANE_LIMITS } from "../limits.ts";
import type { PodBearer } from "./token/jwt.ts";

/** A pod that presented its own, valid token. */
export interface PodCaller extends Caller {
  readonly bearer: PodBearer;
  /** The pod as it was then; later states are in the cache. */
  readonly pod: PodSummary;
}

export interface LivePodParts {
  readonly pods: Informer<PodSummary>;
  readonly client: KubeClient;
  readonly signal: AbortSignal;
  /** Whether this address may cause one more question to the API server. */
  readonly mayAsk: (peer: string) => boolean;
}

/** The pod that a valid token of this address names, as it lives now. Rejects with {@link StreamClosed}. */
export async function livePod(parts: LivePodParts, bearer: PodBearer, peer: string): Promise<PodCaller> {
  const cached = parts.pods.cache.get(bearer.namespace, bearer.pod);
  const pod = cached?.uid === bearer.podUid ? cached : await askedFor(parts, bearer, peer);
  const name = `${bearer.namespace}/${bearer.pod}`;
  const why = problemOf(pod, bearer);
  if (why !== undefined || pod === undefined) throw why ?? gone(name);
  return { key: pod.uid, name, bearer, pod };
}

/** Why a pod is not, or no longer, the one that a token was issued to. */
export function problemOf(pod: PodSummary | undefined, bearer: PodBearer): StreamClosed | undefined {
  const name = `${bearer.namespace}/${bearer.pod}`;
  if (pod === undefined) return gone(name);
  if (pod.uid !== bearer.podUid) {
    const message = `the token was issued to a pod ${name} that no longer exists: another one has its name now`;
    return new StreamClosed("pod-replaced", message);
  }
  if (pod.phase === "Succeeded" || pod.phase === "Failed") {
    return new StreamClosed("pod-gone", `the pod ${name} has ended`);
  }
  if (pod.serviceAccountName !== bearer.serviceAccount) {
    return new StreamClosed("wrong-account", `the token is of a service account that the pod ${name} does not have`);
  }
  return undefined;
}

/** A pod that the cache does not have yet, or not any more: the API server knows. */
async function askedFor(
  { client, mayAsk, signal }: LivePodParts,
  bearer: PodBearer,
  peer: string,
): Promise<PodSummary | undefined> {
  if (!mayAsk(peer))
    throw new StreamClosed("token-not-checkable", "too many pods have to be asked about now: try again");
  const path = `/api/v1/namespaces/${encodeURIComponent(bearer.namespace)}/pods/${encodeURIComponent(bearer.pod)}`;
  try {
    return podSummary(await client.get(path, { content: "whole", signal, timeout: CONTROL_PLANE_LIMITS.question }));
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw new StreamClosed("token-not-checkable", "the API server cannot be asked about the pod now: try again", {
      cause: error,
    });
  }
}

function gone(name: string): StreamClosed {
  return new StreamClosed("pod-gone", `there is no pod ${name}`);
}
