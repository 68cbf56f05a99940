import type { KubeReader } from "../kube/client.ts";
import { Informer, type InformerState, type Resource } from "../kube/informer.ts";
import type { KubeTimings } from "../kube/limits.ts";
import { RESOURCES } from "./resources.ts";

type Kept<R> = R extends Resource<infer T> ? T : never;

/** One informer for each resource that is kept. */
export type Caches = { readonly [K in keyof typeof RESOURCES]: Informer<Kept<(typeof RESOURCES)[K]>> };

/** Makes the informers and starts them; they run until the signal. */
export function startCaches(client: KubeReader, signal: AbortSignal, timings?: KubeTimings): Caches {
  const informer = <T>(resource: Resource<T>): Informer<T> => {
    const made = new Informer(client, resource, timings);
    void made.start(signal);
    return made;
  };
  return {
    namespaces: informer(RESOURCES.namespaces),
    replicaSets: informer(RESOURCES.replicaSets),
    jobs: informer(RESOURCES.jobs),
    limitRanges: informer(RESOURCES.limitRanges),
    quotas: informer(RESOURCES.quotas),
    meshes: informer(RESOURCES.meshes),
    virtualNodes: informer(RESOURCES.virtualNodes),
    virtualGateways: informer(RESOURCES.virtualGateways),
    trust: informer(RESOURCES.trust),
  };
}

/** All of them, for what concerns each alike. */
export function informersOf(caches: Caches): readonly InformerState[] {
  return Object.values(caches);
}
