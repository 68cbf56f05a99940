import type { LookUp } from "../cluster/pod-facts.ts";
import type { TrustFacts } from "../model/facts.ts";
import { INJECT_KEY } from "../model/names.ts";
import { controllerOf, ownerFacts } from "../model/owner.ts";

/**
 * Facts without a cluster: every namespace counts as enabled, the pod's own controller reference is all that is known of
 * its owner, and no mesh object exists.
 */
export function offlineLookUp(trust: () => TrustFacts): LookUp {
  return (pod, namespace) => ({
    namespace: { name: namespace, labels: { [INJECT_KEY]: "enabled" }, annotations: {} },
    owner: ownerFacts(controllerOf(pod), { kind: "failed", reason: "there is no cluster to ask" }),
    virtualNodes: [],
    virtualGateways: [],
    sharedNodes: [],
    meshes: [],
    limitRanges: [],
    quotas: [],
    trust: trust(),
  });
}
