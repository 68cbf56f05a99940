import { isDeepStrictEqual } from "node:util";
import type { Informer } from "../kube/informer.ts";
import { ToldChanges } from "../kube/told-changes.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { ChangeSource, MeshChange, ServiceChange } from "../model/mesh-change.ts";
import type { ServiceSummary, SliceSummary } from "./service-resources.ts";

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The addresses of all Services as changes: their own, or for headless ones those of their EndpointSlices. */
export class ServiceAddresses implements ChangeSource {
  /** Resolves when everything is known for the first time. */
  readonly synced: Promise<void>;
  readonly #services: Pick<Informer<ServiceSummary>, "cache">;
  readonly #slices: Pick<Informer<SliceSummary>, "cache">;
  /** Names of the slices by the key of their Service. */
  readonly #slicesOf = new Map<string, Set<string>>();
  readonly #known = new Map<string, Place & { readonly facts: ServiceFacts }>();
  readonly #pending = new Map<string, Place>();
  readonly #told = new ToldChanges<MeshChange>({ everything: () => this.#everything(), take: () => this.#take() });

  constructor(
    services: Pick<Informer<ServiceSummary>, "cache" | "onChange" | "synced">,
    slices: Pick<Informer<SliceSummary>, "cache" | "onChange" | "synced">,
    signal: AbortSignal,
  ) {
    this.#services = services;
    this.#slices = slices;
    services.onChange(({ namespace, name }) => this.#touch({ namespace, name }), signal);
    slices.onChange(({ namespace, name, before, after }) => {
      for (const summary of [before, after]) {
        if (summary === undefined || summary.service === "") continue;
        const place = { namespace, name: summary.service };
        this.#index(place, name, summary === after);
        this.#touch(place);
      }
    }, signal);
    this.synced = Promise.all([services.synced, slices.synced]).then(() => this.#told.known());
  }

  /** What changes in one go is told together, each Service once. */
  onChange(listener: (changes: readonly MeshChange[]) => void, signal: AbortSignal): void {
    this.#told.onChange(listener, signal);
  }

  #index(service: Place, slice: string, belongs: boolean): void {
    const key = keyOf(service);
    const slices = this.#slicesOf.get(key) ?? new Set();
    if (belongs) slices.add(slice);
    else slices.delete(slice);
    if (slices.size === 0) this.#slicesOf.delete(key);
    else this.#slicesOf.set(key, slices);
  }

  #touch(place: Place): void {
    this.#pending.set(keyOf(place), place);
    this.#told.changed();
  }

  #everything(): readonly ServiceChange[] {
    return [...this.#known.values()].map(({ namespace, name, facts }) => {
      return { kind: "service", namespace, name, before: undefined, after: facts };
    });
  }

  #take(): readonly ServiceChange[] {
    const changes: ServiceChange[] = [];
    for (const [key, { namespace, name }] of this.#pending) {
      const before = this.#known.get(key)?.facts;
      const after = this.#factsOf({ namespace, name });
      if (isDeepStrictEqual(before, after)) continue;
      if (after === undefined) this.#known.delete(key);
      else this.#known.set(key, { namespace, name, facts: after });
      changes.push({ kind: "service", namespace, name, before, after });
    }
    this.#pending.clear();
    return changes;
  }

  /** A slice may be there before its Service, and after it. */
  #factsOf(place: Place): ServiceFacts | undefined {
    const service = this.#services.cache.get(place.namespace, place.name);
    switch (service?.kind) {
      case undefined:
        return undefined;
      case "ownAddresses":
        return { addresses: service.addresses };
      case "headless": {
        const slices = [...(this.#slicesOf.get(keyOf(place)) ?? [])];
        const all = slices.flatMap((slice) => this.#slices.cache.get(place.namespace, slice)?.addresses ?? []);
        return { addresses: [...new Set(all)].toSorted() };
      }
    }
  }
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
