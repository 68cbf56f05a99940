import { serverTls } from "./tls.ts";
import {
  FEATURES,
  type Feature,
  type GatewayListenerView,
  type ListenerView,
  type ServiceView,
  type TargetListenerView,
  type TargetView,
} from "./view.ts";

/* What this release does not serve yet. Whoever serves one of these takes its line away here. */

interface Needed {
  readonly listeners: readonly (ListenerView | GatewayListenerView | TargetListenerView)[];
  readonly services: readonly ServiceView[];
}

/** What a workload needs, of its own and of those that it calls, that is not served yet; sorted. */
export function unserved(
  listeners: readonly (ListenerView | GatewayListenerView)[],
  services: readonly ServiceView[],
  targets: readonly TargetView[],
): readonly Feature[] {
  return inOrder({ listeners: [...listeners, ...targets.flatMap((target) => target.listeners)], services });
}

/** What one node itself has that is not served yet. */
export function unservedOfNode(listeners: readonly (ListenerView | TargetListenerView)[]): readonly Feature[] {
  return inOrder({ listeners, services: [] });
}

function inOrder(needed: Needed): readonly Feature[] {
  const found = new Set([
    ...needed.listeners.flatMap(ofListener),
    ...needed.services.flatMap(({ clientPolicy }): Feature[] =>
      clientPolicy?.tls?.validation.trust.acm === undefined ? [] : ["TLS with ACM"],
    ),
  ]);
  return FEATURES.filter((feature) => found.has(feature));
}

function ofListener(listener: ListenerView | GatewayListenerView | TargetListenerView): readonly Feature[] {
  const tls = serverTls(listener.tls);
  return tls?.certificate.kind === "acm" || tls?.validation?.trust.kind === "acm" ? ["TLS with ACM"] : [];
}
