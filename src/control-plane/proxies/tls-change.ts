import { tlsOf } from "../../graph/connections.ts";
import { clientTls } from "../../graph/tls.ts";
import type { TlsStep } from "../../graph/tls-steps.ts";
import type { CertificateView, ClientTlsView, ServerTlsView, TrustView } from "../../graph/tls-view.ts";
import type { ListenerView, ServiceView } from "../../graph/view.ts";
import type { Called } from "./calling-views.ts";

/** What is on its way at one listener. */
export interface TlsChange {
  readonly node: string;
  readonly port: number;
  readonly begun: number;
  /** Since when what belongs together is gathered. */
  gathering: number;
  /** What was written before; undefined: not known. */
  readonly before: { readonly tls: ListenerView["tls"]; readonly certificateNames: readonly string[] } | undefined;
  /** What is in effect. */
  step: TlsStep;
  /** What follows it; undefined: what belongs together is still being gathered. */
  next: readonly TlsStep[] | undefined;
  /** Whether proxies were given a step: then some may still have the one before. */
  isBegun: boolean;
  /** Since when the step is in effect, and since when everybody has it. */
  since: number;
  acknowledged: number | undefined;
  /** Whose proxies the step is for. */
  waitsFor: { readonly servers: boolean; readonly callers: readonly string[] };
  /** How services connected before, by the key of the caller's view and the service's name. */
  readonly held: Map<string, Map<string, ClientTlsView | undefined>>;
}

/** How a service connects by now. One that nobody had before connects as it would have then. */
export function wayOf(change: TlsChange, key: string, service: ServiceView, { target, listener }: Called) {
  const { before, held, step } = change;
  switch (step.callers.kind) {
    case "before": {
      const ofCaller = held.get(key);
      if (ofCaller?.has(service.name)) return ofCaller.get(service.name);
      return clientTls(service.clientPolicy?.tls, listener.port, before ? before.tls : listener.tls, target.hostname);
    }
    case "named": {
      const way = tlsOf(service, target, listener);
      return way && { ...way, serverName: step.callers.serverName };
    }
    case "written":
      return tlsOf(service, target, listener);
  }
}

/** The certificates that one side of a connection needs. */
export function sourcesOf(side: ServerTlsView | ClientTlsView | undefined): readonly (CertificateView | TrustView)[] {
  return [side?.certificate, side?.validation?.trust].filter((source) => source !== undefined);
}
