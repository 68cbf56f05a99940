import { serverTls } from "./tls.ts";
import { FEATURES, type Feature, type GatewayListenerView } from "./view.ts";

/* What this release does not serve yet. Whoever serves one of these takes its line away here. */

/** What a gateway has that is not served yet, in their order. */
export function unserved(listeners: readonly GatewayListenerView[]): readonly Feature[] {
  const found = new Set(listeners.flatMap(ofListener));
  return FEATURES.filter((feature) => found.has(feature));
}

function ofListener({ tls }: GatewayListenerView): readonly Feature[] {
  return serverTls(tls)?.certificate.kind === "acm" ? ["TLS with ACM"] : [];
}
