import { createHash } from "node:crypto";
import { reaches } from "./reaches.ts";
import { clientTls } from "./tls.ts";
import type { ClientTlsView } from "./tls-view.ts";
import type { ConnectionView, ServiceView, TargetView } from "./view.ts";

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
      connections: hasTls ? connectionsOf(target, listener, services) : PLAIN,
    })),
  }));
}

/** Mostly there is no TLS anywhere. */
const PLAIN: readonly ConnectionView[] = [{ suffix: "", tls: undefined, services: [] }];

function connectionsOf(
  target: Bare,
  listener: Bare["listeners"][number],
  services: readonly ServiceView[],
): readonly ConnectionView[] {
  const ways = new Map<string, { readonly tls: ClientTlsView | undefined; readonly services: string[] }>();
  for (const service of services) {
    if (!reaches(service, target.name, listener.port)) continue;
    const tls = clientTls(service.clientPolicy?.tls, listener.port, listener.tls, target.hostname);
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
