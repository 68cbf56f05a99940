import type { Configuration } from "../config/schema.ts";
import type { Caches } from "../kube/caches.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Informer } from "../kube/informer.ts";
import type { PodSummary } from "../kube/pods-resource.ts";
import type { Log } from "../serving/log.ts";
import type { Application } from "../xds/serve/application.ts";
import { RequestRate } from "../xds/serve/request-rate.ts";
import { livePod, type PodCaller } from "./callers.ts";
import { CONTROL_PLANE_LIMITS } from "./limits.ts";
import type { ControlPlaneMetrics } from "./metrics.ts";
import { ServedProxies } from "./served-proxies.ts";
import { SigningKeys } from "./token/signing-keys.ts";
import { verifyToken } from "./token/verify-token.ts";

export interface PodApplicationParts {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly pods: Informer<PodSummary>;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly metrics: Pick<ControlPlaneMetrics, "mismatch" | "tokenChecked">;
  readonly signal: AbortSignal;
}

/** Whoever presents a pod's own token is that pod's proxy, and gets what its pod resolves to. */
export function podApplication(parts: PodApplicationParts): Application<PodCaller> {
  const { client, caches, pods, configuration, log, metrics, signal } = parts;
  const { questionBurst, questionsPerSecond } = CONTROL_PLANE_LIMITS;
  const clock = (): number => performance.now();
  const questions = new RequestRate(questionBurst, questionsPerSecond, clock());
  const asking = { client, signal, mayAsk: () => questions.take(clock()) };
  const keys = new SigningKeys({ client, signal, now: clock });
  const checking = { ...asking, keys, now: () => new Date(), checked: metrics.tokenChecked };
  const proxies = new ServedProxies({
    caches,
    pods,
    configuration,
    mismatch(caller, claimed, identity) {
      metrics.mismatch();
      const { claimedCharacters } = CONTROL_PLANE_LIMITS;
      const fields = { pod: caller.name, claimed: claimed.slice(0, claimedCharacters), identity };
      log.warn(fields, "the proxy says that it is another node than its pod resolves to");
    },
  });
  return {
    async authenticate(authorization) {
      const bearer = await verifyToken(checking, authorization);
      return livePod({ ...asking, pods }, bearer);
    },
    admit: (caller, claim) => proxies.admit(caller, claim),
  };
}
