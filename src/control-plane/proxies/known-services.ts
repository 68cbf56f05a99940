import { type Member, Registry, type RegistryChange } from "../../graph/registry.ts";
import type { Informer } from "../../kube/informer.ts";
import { ToldChanges } from "../../kube/told-changes.ts";
import type { ServiceChange } from "../../model/mesh-change.ts";
import type { ServicePort, ServiceSummary, SliceSummary } from "../../model/services.ts";

/** The members of a port of a Service are others than before. */
export interface MembersChange {
  readonly kind: "members";
  readonly of: ServicePort;
}

/** The registry of a cluster, kept up to date. */
export class KnownServices {
  /** Resolves when everything is known for the first time. */
  readonly synced: Promise<void>;
  readonly #registry = new Registry();
  /** By kind and place, the last one of each. */
  readonly #pending = new Map<string, RegistryChange>();
  readonly #told = new ToldChanges<ServiceChange | MembersChange>({
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

  /** Tells every Service, and from then on what changes, until the signal: what comes in one go together, each thing once. */
  onChange(listener: (changes: readonly (ServiceChange | MembersChange)[]) => void, signal: AbortSignal): void {
    this.#told.onChange(listener, signal);
  }

  /** Who can be called at a port of a Service. */
  members(of: ServicePort): readonly Member[] {
    return this.#registry.members(of);
  }

  #put(change: RegistryChange): void {
    this.#pending.set(`${change.kind} ${change.namespace}/${change.name}`, change);
    this.#told.changed();
  }

  #take(): readonly (ServiceChange | MembersChange)[] {
    const changes = [...this.#pending.values()];
    this.#pending.clear();
    const { services, members } = this.#registry.apply(changes);
    return [...services, ...members.map((of) => ({ kind: "members", of }) as const)];
  }
}
