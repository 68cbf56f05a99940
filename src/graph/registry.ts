import { isDeepStrictEqual } from "node:util";
import { compareTexts } from "../model/compare-texts.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { ServiceChange } from "../model/mesh-change.ts";
import type { ServiceSummary, SliceSummary } from "../model/services.ts";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** A Service or EndpointSlice as it is now; undefined: it is not there any more. */
export type RegistryChange =
  | (Place & { readonly kind: "service"; readonly after: ServiceSummary | undefined })
  | (Place & { readonly kind: "endpointSlice"; readonly after: SliceSummary | undefined });

/** A Service with its slices; a slice may be there before its Service, and after it. */
interface Entry extends Place {
  service: ServiceSummary | undefined;
  /** By name. */
  readonly slices: Map<string, SliceSummary>;
  facts: ServiceFacts | undefined;
}

/**
 * The members of the mesh that Kubernetes knows: its Services with the endpoints behind them, as values. A change is answered with what differs by it.
 */
export class Registry {
  readonly #entries = new Map<string, Entry>();
  /** The key of the Service of each slice. */
  readonly #serviceOf = new Map<string, string>();

  /** Takes changes, in any order, and says which Services are others by all of them together. */
  apply(changes: readonly RegistryChange[]): readonly ServiceChange[] {
    const touched = new Set<Entry>();
    for (const change of changes) {
      if (change.kind === "service") this.#takeService(change, change.after, touched);
      else this.#takeSlice(change, change.after, touched);
    }
    return [...touched].flatMap((entry) => this.#renew(entry));
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
    const entry: Entry = { namespace, name, service: undefined, slices: new Map(), facts: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #renew(entry: Entry): readonly ServiceChange[] {
    const { namespace, name, service, slices, facts: before } = entry;
    if (service === undefined && slices.size === 0) this.#entries.delete(keyOf(entry));
    const after = service && factsOf(service, [...slices.values()]);
    if (isDeepStrictEqual(before, after)) return [];
    entry.facts = after;
    return [{ kind: "service", namespace, name, before, after }];
  }
}

function factsOf(service: ServiceSummary, slices: readonly SliceSummary[]): ServiceFacts {
  if (service.kind === "alias") return { addresses: undefined, endpoints: new Map() };
  const all = slices.flatMap(({ endpoints }) => endpoints);
  const named = Map.groupBy(all, ({ host }) => host ?? "");
  named.delete("");
  return {
    addresses: service.kind === "headless" ? addressesOf(all) : service.addresses,
    endpoints: new Map([...named].map(([host, endpoints]) => [host, addressesOf(endpoints)])),
  };
}

function addressesOf(endpoints: SliceSummary["endpoints"]): readonly string[] {
  return [...new Set(endpoints.flatMap(({ addresses }) => addresses))].toSorted(compareTexts);
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
