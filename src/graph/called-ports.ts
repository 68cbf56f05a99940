import type { ServiceView, TargetView } from "./view.ts";

/** The ports on which a service is called, by what is spoken there. */
export interface CalledPorts {
  readonly tcp: readonly number[];
  /** HTTP of every kind. */
  readonly http: readonly number[];
}

/** Of a service whose provider is a node those of the node, else those of the router. */
export function calledPorts({ provider }: ServiceView, targets: readonly TargetView[]): CalledPorts {
  switch (provider.kind) {
    case "none":
      return { tcp: [], http: [] };
    case "node": {
      const listeners = targets.find(({ name }) => name === provider.target)?.listeners ?? [];
      return byProtocol(listeners.filter(({ port }) => provider.ports.includes(port)));
    }
    case "router":
      return byProtocol(provider.router.listeners);
  }
}

function byProtocol(listeners: readonly { readonly port: number; readonly protocol: string }[]): CalledPorts {
  const ports = (isTcp: boolean): readonly number[] =>
    listeners.filter(({ protocol }) => (protocol === "tcp") === isTcp).map(({ port }) => port);
  return { tcp: ports(true), http: ports(false) };
}
