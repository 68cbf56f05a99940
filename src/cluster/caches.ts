import type { KubeReader } from "../kube/client.ts";
import { Informer, type InformerState, type Resource } from "../kube/informer.ts";
import type { KubeTimings } from "../kube/limits.ts";
import type { Watched } from "../kube/watched.ts";
import { RESOURCES } from "./resources.ts";

type Kept<R> = R extends Resource<infer T> ? T : never;

/** What injection asks of a cluster, kept up to date; the webhook watches this and nothing else. */
export type InjectionCaches = { readonly [K in keyof typeof RESOURCES]: Watched<Kept<(typeof RESOURCES)[K]>> };

/** Starts informers one by one; each runs until the signal. */
export type StartInformer = <T>(resource: Resource<T>) => Informer<T>;

export function informerStarter(client: KubeReader, signal: AbortSignal, timings?: KubeTimings): StartInformer {
  return (resource) => {
    const informer = new Informer(client, resource, timings);
    void informer.start(signal);
    return informer;
  };
}

/** The caches of the webhook, which fill until the signal. */
export function startInjectionCaches(client: KubeReader, signal: AbortSignal, timings?: KubeTimings): InjectionCaches {
  const start = informerStarter(client, signal, timings);
  return {
    ...startCommonCaches(start),
    meshes: start(RESOURCES.meshes),
    virtualNodes: start(RESOURCES.virtualNodes),
    virtualGateways: start(RESOURCES.virtualGateways),
  };
}

/** Those of which every role keeps the same. */
export function startCommonCaches(
  start: StartInformer,
): Omit<InjectionCaches, "meshes" | "virtualNodes" | "virtualGateways"> {
  return {
    namespaces: start(RESOURCES.namespaces),
    replicaSets: start(RESOURCES.replicaSets),
    jobs: start(RESOURCES.jobs),
    limitRanges: start(RESOURCES.limitRanges),
    quotas: start(RESOURCES.quotas),
    trust: start(RESOURCES.trust),
  };
}

/** All of them, for what concerns each alike. */
export function informersOf(caches: InjectionCaches): readonly InformerState[] {
  return Object.values(caches);
}
