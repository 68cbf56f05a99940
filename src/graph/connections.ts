import { createHash } from "node:crypto";
import { reaches } from "./reaches.ts";
import { clientTls } from "./tls.ts";
import type { ClientTlsView } from "./tls-view.ts";
import type { ConnectionView, ServiceView, TargetListenerView, TargetView } from "./view.ts";

type Bare = Omit<TargetView, "listeners"> & {
  readonly listeners: readonly Omit<TargetView["listeners"][number], "connections">[];
};

/** The targets with the ways in which the services connect to them. `services`: sorted by name. */
export function withConnections(targets: readonly Bare[], services: readonly ServiceView[]): readonly TargetView[] {
  const hasTls =
    services.some(({ clientPolicy }) => clientPolicy?.tls !== undefined) ||
    targets.some(({ listeners }) => listeners.some(({ tls }) => tls !== undefined));
  return targets.map((target) => ({
    ...target,
    listeners: target.listeners.map((listener) => ({
      ...listener,
      connections: hasTls
        ? connectionsOf(servicesAt(target, listener, services), (service) => tlsOf(service, target, listener))
        : PLAIN,
    })),
  }));
}

/** The services that reach a listener of a target. */
export function servicesAt(
  { name }: Pick<TargetView, "name">,
  { port }: Pick<TargetListenerView, "port">,
  services: readonly ServiceView[],
): readonly ServiceView[] {
  return services.filter((service) => reaches(service, name, port));
}

/** How a service connects to a listener, as both are written. */
export function tlsOf(
  { clientPolicy }: Pick<ServiceView, "clientPolicy">,
  { hostname }: Pick<TargetView, "hostname">,
  { port, tls }: Pick<TargetListenerView, "port" | "tls">,
): ClientTlsView | undefined {
  return clientTls(clientPolicy?.tls, port, tls, hostname);
}

/** Mostly there is no TLS anywhere. */
const PLAIN: readonly ConnectionView[] = [{ suffix: "", tls: undefined, services: [] }];

/** The ways to connect of services, each once. `services`: those that connect, sorted by name. */
export function connectionsOf(
  services: readonly ServiceView[],
  way: (service: ServiceView) => ClientTlsView | undefined,
): readonly ConnectionView[] {
  const ways = new Map<string, { readonly tls: ClientTlsView | undefined; readonly services: string[] }>();
  for (const service of services) {
    const tls = way(service);
    const key = JSON.stringify(tls) ?? "";
    const known = ways.get(key);
    if (known === undefined) ways.set(key, { tls, services: [service.name] });
    else known.services.push(service.name);
  }
  const found = [...ways].map(([key, way], index) =>
    index === 0
      ? { suffix: "", tls: way.tls, services: [] }
      : { suffix: `_tls_${createHash("sha256").update(key).digest("hex").slice(0, 8)}`, ...way },
  );
  return found.length === 0 ? PLAIN : found;
}
