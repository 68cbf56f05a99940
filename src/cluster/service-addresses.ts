import { isDeepStrictEqual } from "node:util";
import type { Informer } from "../kube/informer.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { Change, ChangeSource, ServiceChange } from "../model/mesh-change.ts";
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
  readonly #told = new Map<string, Place & { readonly facts: ServiceFacts }>();
  readonly #pending = new Map<string, Place>();
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();
  #isSynced = false;
  #isTelling = false;

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
    this.synced = Promise.all([services.synced, slices.synced]).then(() => {
      this.#isSynced = true;
      this.#tell();
    });
  }

  /** What changes in one go is told together, each Service once. */
  onChange(listener: (changes: readonly Change[]) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (this.#isSynced) {
      this.#tell();
      const known = [...this.#told.values()];
      listener(
        known.map(({ namespace, name, facts }) => ({
          kind: "service",
          namespace,
          name,
          before: undefined,
          after: facts,
        })),
      );
    }
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
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
    if (this.#isTelling || !this.#isSynced) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#tell();
    });
  }

  #tell(): void {
    const changes: ServiceChange[] = [];
    for (const [key, { namespace, name }] of this.#pending) {
      const before = this.#told.get(key)?.facts;
      const after = this.#factsOf({ namespace, name });
      if (isDeepStrictEqual(before, after)) continue;
      if (after === undefined) this.#told.delete(key);
      else this.#told.set(key, { namespace, name, facts: after });
      changes.push({ kind: "service", namespace, name, before, after });
    }
    this.#pending.clear();
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
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
