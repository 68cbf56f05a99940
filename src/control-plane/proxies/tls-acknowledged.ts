import type { ConnectedProxy } from "../../xds/serve/streams.ts";
import { secretName } from "../../xds/translate/secrets.ts";
import type { Acknowledged } from "./step-holding.ts";

/** What is known of proxies and their views. */
interface Views {
  /** The view that the proxy of a pod has. */
  readonly viewOf: (podUid: string) => string | undefined;
  /** Whether the streams of a view were brought everything that is known of it. */
  readonly isBrought: (view: string) => boolean;
}

/**
 * Who has acknowledged what, of these proxies as they are now. Certificates of the pod's own SDS server are between it and the proxy: nobody
 * here hears of those. Many listeners change at once and wait for the same proxies: each of these is looked at once.
 */
export function acknowledging(connected: Iterable<ConnectedProxy>, { viewOf, isBrought }: Views): Acknowledged {
  const byView = Map.groupBy(connected, ({ key }) => viewOf(key));
  const current = new Map<string, boolean>();
  return (view, sources) => {
    const proxies = byView.get(view) ?? [];
    if (proxies.length === 0) return "nobody";
    if (!isBrought(view)) return "some";
    const isCurrent = current.get(view) ?? proxies.every((proxy) => proxy.isCurrent());
    current.set(view, isCurrent);
    if (!isCurrent) return "some";
    const secrets = sources.filter(({ kind }) => kind === "file" || kind === "acm").map(secretName);
    return proxies.every((proxy) => proxy.hasSecrets(secrets)) ? "all" : "some";
  };
}
