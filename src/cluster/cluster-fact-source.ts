import type { Configuration } from "../config/schema.ts";
import { kubeClient } from "../kube/client.ts";
import { kubeEndpoint } from "../kube/endpoint.ts";
import type { KubeTimings } from "../kube/limits.ts";
import type { TrustFacts } from "../model/facts.ts";
import { TRUST } from "../model/trust.ts";
import { informersOf, startInjectionCaches } from "./caches.ts";
import type { FactSource } from "./fact-source.ts";
import { podLookUp } from "./lookups.ts";
import { ownClusterDns } from "./resolv-conf.ts";

/**
 * Facts of the configured cluster. Resolves at once and fills its caches meanwhile; its checks say when they are full.
 * Rejects with KubeError `no-cluster` when no cluster is configured. Everything ends with the signal.
 */
export async function clusterFactSource(
  configuration: Configuration,
  fileTrust: (() => TrustFacts) | undefined,
  signal: AbortSignal,
  timings?: KubeTimings,
): Promise<FactSource> {
  const client = kubeClient(await kubeEndpoint(configuration.webhook.kubeconfig, process.env));
  const clusterDns = await ownClusterDns();
  const caches = startInjectionCaches(client, signal, timings);
  const { controlPlane } = configuration.proxy;
  const trustKnown = (): boolean => caches.trust.cache.get(TRUST.namespace, TRUST.name) !== undefined;
  return {
    lookUp: podLookUp({ caches, client, controlPlane, fileTrust, clusterDns, signal, ...(timings && { timings }) }),
    ages: () => new Map(informersOf(caches).map((informer) => [informer.resource.name, informer.age])),
    checks: [
      ...informersOf(caches).map((informer) => ({
        name: `cache ${informer.resource.name}`,
        problem: () => (informer.isSynced ? undefined : informer.problem),
      })),
      {
        name: "trust",
        problem: () =>
          controlPlane === "none" || fileTrust !== undefined || trustKnown()
            ? undefined
            : `ConfigMap ${TRUST.name} in namespace ${TRUST.namespace} has no PEM certificate in ${TRUST.key}`,
      },
    ],
  };
}
