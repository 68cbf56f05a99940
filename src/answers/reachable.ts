import { BlockList, isIPv6 } from "node:net";
import { calledPorts } from "../graph/called-ports.ts";
import type { NodeView } from "../graph/view.ts";
import { servicesMeant } from "../model/cluster-dns.ts";
import { compareTexts } from "../model/compare-texts.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { ServiceChange } from "../model/mesh-change.ts";

/** What leaves a pod past its sidecar. */
export interface PastTheSidecar {
  readonly ignoredPorts: readonly { readonly first: number; readonly last: number }[];
  /** Addresses and blocks of both families. */
  readonly ignoredIps: readonly string[];
}

/** A virtual service that a workload may call; without ports nobody answers. */
export interface ReachedService {
  readonly name: string;
  readonly ports: readonly number[];
}

/** The services that a node may call, with the ports on which they are called. */
export function reachedServices(view: NodeView): readonly ReachedService[] {
  return view.services.map((service) => {
    const { tcp, http } = calledPorts(service, view.targets);
    return { name: service.name, ports: [...new Set([...tcp, ...http])].toSorted((a, b) => a - b) };
  });
}

/**
 * The Kubernetes Services that a node with the filter `DROP_ALL` cannot call, as its proxy decides: all but those by whose names its
 * backends are called, on the ports on which they are, and but what leaves past the sidecar. `shop/db`, or `shop/db:9090` where other ports
 * of it stay; those of its own namespace first. Of an alias nobody knows where it leads, and UDP is never redirected: neither is among them.
 */
export function lostServices(
  view: NodeView,
  services: readonly ServiceChange[],
  past: PastTheSidecar,
  clusterDomain: string,
): readonly string[] {
  const called = calledByPlace(view, services, clusterDomain);
  const isIgnored = ignoredAddresses(past.ignoredIps);
  const own = view.object.namespace;
  return services
    .flatMap(({ namespace, name, after }) => {
      if (after?.addresses === undefined || after.ports.length === 0) return [];
      if (after.addresses.length > 0 && after.addresses.every(isIgnored)) return [];
      const kept = called.get(`${namespace}/${name}`);
      const lost = after.ports.filter((port) => kept?.has(port) !== true && !isAmong(port, past.ignoredPorts));
      if (lost.length === 0) return [];
      const place = `${namespace}/${name}`;
      return [{ namespace, shown: lost.length < after.ports.length ? `${place}:${lost.join(",")}` : place }];
    })
    .toSorted((a, b) => Number(b.namespace === own) - Number(a.namespace === own) || compareTexts(a.shown, b.shown))
    .map(({ shown }) => shown);
}

/** The ports on which a backend is called by the name of a Service, by `namespace/name`. */
function calledByPlace(
  view: NodeView,
  services: readonly ServiceChange[],
  clusterDomain: string,
): ReadonlyMap<string, ReadonlySet<number>> {
  const known = new Map(services.map(({ namespace, name, after }) => [`${namespace}/${name}`, after]));
  const found = new Map<string, Set<number>>();
  for (const { name, ports } of reachedServices(view)) {
    const places = servicesMeant(name, view.object.namespace, clusterDomain).map(
      (meant) => `${meant.namespace}/${meant.name}`,
    );
    const place = places.find((one) => known.get(one) !== undefined);
    if (place === undefined) continue;
    const all = found.get(place) ?? new Set<number>();
    for (const port of calledPortsOf(known.get(place), ports)) all.add(port);
    found.set(place, all);
  }
  return found;
}

/** The endpoints of a headless Service are called on ports of their own, which its list need not name. */
function calledPortsOf(facts: ServiceFacts | undefined, ports: readonly number[]): readonly number[] {
  return facts?.headless === true && ports.length > 0 ? [...ports, ...facts.ports] : ports;
}

/** Whether a port is in one of these ranges. */
export function isAmong(port: number, ranges: PastTheSidecar["ignoredPorts"]): boolean {
  return ranges.some(({ first, last }) => first <= port && port <= last);
}

/** Whether an address is one of these, or in one of these blocks. */
export function ignoredAddresses(blocks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = "", prefix] = block.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
