import type { RouterListenerView, ServiceView, TargetListenerView, TargetView } from "./view.ts";

/** The ports on which a service is called, by what is spoken there. */
export interface CalledPorts {
  readonly tcp: readonly number[];
  /** HTTP of every kind. */
  readonly http: readonly number[];
}

/** The listeners by which a service is called: those of the node that is its provider, or those of its router. */
export type CalledListeners =
  | { readonly kind: "node"; readonly target: TargetView; readonly listeners: readonly TargetListenerView[] }
  | { readonly kind: "router"; readonly listeners: readonly RouterListenerView[] }
  /** It has no provider that is there. */
  | { readonly kind: "none"; readonly listeners: readonly [] };

export function calledListeners({ provider }: ServiceView, targets: readonly TargetView[]): CalledListeners {
  switch (provider.kind) {
    case "none":
      return { kind: "none", listeners: [] };
    case "node": {
      const target = targets.find(({ name }) => name === provider.target);
      if (target === undefined) return { kind: "none", listeners: [] };
      return { kind: "node", target, listeners: target.listeners.filter(({ port }) => provider.ports.includes(port)) };
    }
    case "router":
      return { kind: "router", listeners: provider.router.listeners };
  }
}

export function calledPorts(service: ServiceView, targets: readonly TargetView[]): CalledPorts {
  const { listeners } = calledListeners(service, targets);
  const ports = (isTcp: boolean): readonly number[] =>
    listeners.filter(({ protocol }) => (protocol === "tcp") === isTcp).map(({ port }) => port);
  return { tcp: ports(true), http: ports(false) };
}
