import { Registry, type RegistryChange } from "../../graph/registry.ts";
import type { Informer } from "../../kube/informer.ts";
import { ToldChanges } from "../../kube/told-changes.ts";
import type { ChangeSource, ServiceChange } from "../../model/mesh-change.ts";
import type { ServiceSummary, SliceSummary } from "../../model/services.ts";

/** The registry of a cluster, kept up to date, and its Services as changes. */
export class KnownServices implements ChangeSource {
  /** Resolves when everything is known for the first time. */
  readonly synced: Promise<void>;
  readonly #registry = new Registry();
  /** By kind and place, the last one of each. */
  readonly #pending = new Map<string, RegistryChange>();
  readonly #told = new ToldChanges<ServiceChange>({
    everything: () => this.#registry.services(),
    take: () => this.#take(),
  });

  constructor(
    services: Pick<Informer<ServiceSummary>, "onChange" | "synced">,
    slices: Pick<Informer<SliceSummary>, "onChange" | "synced">,
    signal: AbortSignal,
  ) {
    services.onChange(({ namespace, name, after }) => this.#put({ kind: "service", namespace, name, after }), signal);
    slices.onChange(
      ({ namespace, name, after }) => this.#put({ kind: "endpointSlice", namespace, name, after }),
      signal,
    );
    this.synced = Promise.all([services.synced, slices.synced]).then(() => this.#told.known());
  }

  /** What changes in one go is told together, each Service once. */
  onChange(listener: (changes: readonly ServiceChange[]) => void, signal: AbortSignal): void {
    this.#told.onChange(listener, signal);
  }

  #put(change: RegistryChange): void {
    this.#pending.set(`${change.kind} ${change.namespace}/${change.name}`, change);
    this.#told.changed();
  }

  #take(): readonly ServiceChange[] {
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    return this.#registry.apply(changes);
  }
}
