import { isDeepStrictEqual } from "node:util";
import { compareTexts } from "../model/compare-texts.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { ServiceChange } from "../model/mesh-change.ts";
import type { EndpointHealth, Family, ServicePort, ServiceSummary, SliceSummary } from "../model/services.ts";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** A Service or EndpointSlice as it is now; undefined: it is not there any more. */
export type RegistryChange =
  | (Place & { readonly kind: "service"; readonly after: ServiceSummary | undefined })
  | (Place & { readonly kind: "endpointSlice"; readonly after: SliceSummary | undefined });

/** Somebody who can be called at a port of a Service. */
export interface Member {
  readonly address: string;
  /** Its own port, which need not have the Service's number. */
  readonly port: number;
  readonly family: Family;
  readonly health: Exclude<EndpointHealth, "unready">;
  readonly zone: string | undefined;
}

/** What differs. */
export interface RegistryDirty {
  readonly services: readonly ServiceChange[];
  /** Ports with other members than before. */
  readonly members: readonly ServicePort[];
}

/** A Service with its slices; a slice may be there before its Service, and after it. */
interface Entry extends Place {
  service: ServiceSummary | undefined;
  /** By name. */
  readonly slices: Map<string, SliceSummary>;
  facts: ServiceFacts | undefined;
  /** Of each of its ports that has any. */
  members: ReadonlyMap<number, readonly Member[]>;
}

/**
 * Who can be called, where, and how healthy: Services of Kubernetes with the endpoints behind them, as values. A change is answered with
 * what differs by it.
 */
export class Registry {
  readonly #entries = new Map<string, Entry>();
  /** The key of the Service of each slice. */
  readonly #serviceOf = new Map<string, string>();

  /** Takes changes, in any order, and says what is another by all of them together. */
  apply(changes: readonly RegistryChange[]): RegistryDirty {
    const touched = new Set<Entry>();
    for (const change of changes) {
      if (change.kind === "service") this.#takeService(change, change.after, touched);
      else this.#takeSlice(change, change.after, touched);
    }
    const dirty = [...touched].map((entry) => this.#renew(entry));
    return {
      services: dirty.flatMap(({ services }) => services),
      members: dirty.flatMap(({ members }) => members),
    };
  }

  /** Who can be called at a port of a Service, sorted by address; none where it is not there. */
  members({ namespace, service, port }: ServicePort): readonly Member[] {
    return this.#entries.get(keyOf({ namespace, name: service }))?.members.get(port) ?? [];
  }

  /** Everything that is known, as changes from nothing. */
  services(): readonly ServiceChange[] {
    return [...this.#entries.values()].flatMap(({ namespace, name, facts }) =>
      facts === undefined ? [] : [{ kind: "service", namespace, name, before: undefined, after: facts } as const],
    );
  }

  #takeService(place: Place, after: ServiceSummary | undefined, touched: Set<Entry>): void {
    const entry = this.#entry(place);
    entry.service = after;
    touched.add(entry);
  }

  #takeSlice({ namespace, name }: Place, after: SliceSummary | undefined, touched: Set<Entry>): void {
    const slice = keyOf({ namespace, name });
    const left = this.#entries.get(this.#serviceOf.get(slice) ?? "");
    if (left !== undefined) {
      left.slices.delete(name);
      touched.add(left);
    }
    this.#serviceOf.delete(slice);
    if (after === undefined || after.service === "") return;
    const joined = this.#entry({ namespace, name: after.service });
    joined.slices.set(name, after);
    touched.add(joined);
    this.#serviceOf.set(slice, keyOf(joined));
  }

  #entry({ namespace, name }: Place): Entry {
    const key = keyOf({ namespace, name });
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { namespace, name, service: undefined, slices: new Map(), facts: undefined, members: NOBODY };
    this.#entries.set(key, entry);
    return entry;
  }

  #renew(entry: Entry): RegistryDirty {
    const { namespace, name, service, facts: before, members: called } = entry;
    const sorted = [...entry.slices].toSorted(([a], [b]) => compareTexts(a, b));
    const slices = sorted.map(([, slice]) => slice);
    if (service === undefined && slices.length === 0) this.#entries.delete(keyOf(entry));
    const after = service && factsOf(service, slices);
    const members = service === undefined || service.kind === "alias" ? NOBODY : membersOf(service, slices);
    const ports = [...new Set([...called.keys(), ...members.keys()])];
    const others = ports.filter((port) => !isDeepStrictEqual(called.get(port), members.get(port)));
    entry.facts = after;
    entry.members = members;
    return {
      services: isDeepStrictEqual(before, after) ? [] : [{ kind: "service", namespace, name, before, after }],
      members: others.map((port) => ({ namespace, service: name, port })),
    };
  }
}

const NOBODY: Entry["members"] = new Map();

function factsOf(service: ServiceSummary, slices: readonly SliceSummary[]): ServiceFacts {
  const hasSlices = slices.length > 0;
  if (service.kind === "alias")
    return { addresses: undefined, endpoints: new Map(), headless: false, ports: [], hasSlices };
  const all = slices.flatMap(({ endpoints }) => endpoints);
  const named = Map.groupBy(all, ({ host }) => host ?? "");
  named.delete("");
  return {
    addresses: service.kind === "headless" ? addressesOf(all) : service.addresses,
    endpoints: new Map([...named].map(([host, endpoints]) => [host, addressesOf(endpoints)])),
    headless: service.kind === "headless",
    ports: service.ports.map(({ port }) => port).toSorted((a, b) => a - b),
    hasSlices,
  };
}

/**
 * A port of a Service and one of a slice belong together by their name; where each has only one, whatever their names are: a Service's port
 * that gets a name has it a moment before its slices have.
 */
function membersOf(
  { ports }: Exclude<ServiceSummary, { kind: "alias" }>,
  slices: readonly SliceSummary[],
): Entry["members"] {
  const found = new Map<number, readonly Member[]>();
  for (const { name, port } of ports) {
    const byPlace = new Map<string, Member>();
    for (const slice of slices) {
      const isOnly = ports.length === 1 && slice.ports.length === 1;
      for (const own of slice.ports) {
        if (isOnly || own.name === name)
          for (const member of membersAt(own.port, slice)) keepHealthier(byPlace, member);
      }
    }
    const members = [...byPlace].toSorted(([a], [b]) => compareTexts(a, b)).map(([, member]) => member);
    if (members.length > 0) found.set(port, members);
  }
  return found;
}

function membersAt(port: number, { family, endpoints }: SliceSummary): readonly Member[] {
  return endpoints.flatMap(({ addresses: [address], health, zone }) =>
    address === undefined || health === "unready" ? [] : [{ address, port, family, health, zone }],
  );
}

/** An endpoint that moves from slice to slice is in both for a moment. */
function keepHealthier(byPlace: Map<string, Member>, member: Member): void {
  const key = `${member.address} ${member.port}`;
  const known = byPlace.get(key);
  if (known === undefined || (known.health === "leaving" && member.health === "healthy")) byPlace.set(key, member);
}

function addressesOf(endpoints: SliceSummary["endpoints"]): readonly string[] {
  return [...new Set(endpoints.flatMap(({ addresses }) => addresses))].toSorted(compareTexts);
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
