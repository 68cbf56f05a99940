import { tlsOf } from "../../graph/connections.ts";
import { isFor } from "../../graph/tls.ts";
import type { TlsStep } from "../../graph/tls-steps.ts";
import type { ClientTlsView } from "../../graph/tls-view.ts";
import type { ListenerView, ServiceView, TargetView } from "../../graph/view.ts";
import type { Called } from "./calling-views.ts";
import type { FormerPolicies } from "./former-policies.ts";

/** A listener of a node by its view and port. */
export type Place = string;

export function placeOf(node: string, port: number): Place {
  return `${node} ${port}`;
}

/** What is on its way at one listener. */
export interface TlsChange {
  readonly node: string;
  /** As it is written. */
  port: number;
  /** Where those call it who go on as before. */
  calledAt: number;
  /** Where the listener was since the change began, by port: as it was there, it is until the end. */
  readonly former: Map<number, ListenerView>;
  readonly begun: number;
  /** Since when what belongs together is gathered. */
  gathering: number;
  /** What was written before; undefined: not known. */
  readonly before: { readonly tls: ListenerView["tls"]; readonly certificateNames: readonly string[] } | undefined;
  /** What is in effect. */
  step: TlsStep;
  /** What follows it; undefined: what belongs together is still being gathered. */
  next: readonly TlsStep[] | undefined;
  /** Which of this replica's beginnings it is, counted, and the change's name in all replicas (change-name.ts), once its steps are known. */
  number: number;
  name: string;
  /** Which of the steps is in effect. */
  index: number;
  /** Whether proxies were given a step: then some may still have the one before. */
  isBegun: boolean;
  /**
   * When the step ends where not all other replicas are heard of: as if each before it had taken its whole time too, so that one that was heard
   * of, and so went on earlier, does not get further ahead of one that hears nothing.
   */
  due: number;
  /** Since when the step is in effect, and since when everybody has it. */
  since: number;
  acknowledged: number | undefined;
  /** Whose proxies the step is for. */
  waitsFor: { readonly servers: boolean; readonly callers: readonly string[] };
  /** How services connected before, by the key of the caller's view and the service's name. */
  held: Map<string, Map<string, ClientTlsView | undefined>>;
  /** What all others go by until callers change; undefined: not known. */
  base: CallsBefore | undefined;
  /** When all that belonged together had come, for the last time. */
  gathered: number | undefined;
}

/** What callers went by before. */
interface CallsBefore {
  /** What they were told of the listener. */
  readonly tls: ListenerView["tls"];
  /** The name that they ask for; undefined: of the host. */
  readonly serverName: string | undefined;
  /** Policies that were written after it have no effect yet. */
  readonly since: number;
}

/** How a service of a caller, which is known by its view's key, connects by now. */
export type WayOf = (change: TlsChange, key: string, service: ServiceView, called: Called) => ClientTlsView | undefined;

/** The listener of a change is at another port: where it was it stays until the end, with what is in effect there. */
export function moveTo(change: TlsChange, from: ListenerView, to: ListenerView): void {
  const { former, step } = change;
  // one that comes back takes what it took there
  const { tls, namedTls } = former.get(to.port) ?? to;
  former.set(from.port, { ...from, ...step.server });
  former.delete(to.port);
  change.port = to.port;
  change.step = { server: { tls, namedTls }, callers: step.callers };
}

/** The port at which a target's listener is called while its own waits for the proxies of the node; undefined: its own. */
export function formerPort(
  { port, calledAt, step }: TlsChange,
  { servicePorts }: Pick<TargetView, "servicePorts">,
): number | undefined {
  if (calledAt === port || step.callers.kind !== "before") return undefined;
  // nobody is there any more
  return servicePorts?.includes(calledAt) === false ? undefined : calledAt;
}

/** How a service connects by now. One that nobody had before connects as it would have then. */
export function wayOf(
  change: TlsChange,
  key: string,
  service: ServiceView,
  { target, listener }: Called,
  former: FormerPolicies,
): ClientTlsView | undefined {
  const { base, held, step } = change;
  switch (step.callers.kind) {
    case "before": {
      const port = formerPort(change, target) ?? change.port;
      if (port !== change.calledAt) return tlsOf(service, target, listener);
      const ofCaller = held.get(key);
      if (ofCaller?.has(service.name)) return ofCaller.get(service.name);
      if (base === undefined) return tlsOf(service, target, listener);
      const clientPolicy = former.of(key, service.clientPolicy, base.since);
      // one of a caller that is new may be for the new port alone, and counts at the former one too
      const covered = clientPolicy?.tls === undefined || isFor(clientPolicy.tls, port) ? port : change.port;
      return asking(tlsOf({ clientPolicy }, target, { port: covered, tls: base.tls }), base.serverName);
    }
    case "named":
      return asking(tlsOf(service, target, listener), step.callers.serverName);
    case "written":
      return tlsOf(service, target, listener);
  }
}

function asking(way: ClientTlsView | undefined, serverName: string | undefined): ClientTlsView | undefined {
  return way === undefined || serverName === undefined ? way : { ...way, serverName };
}
