import type { PodSummary } from "../../cluster/pods-resource.ts";
import { registeredPod } from "../../cluster/registered-pod.ts";
import { CloudMap, type Instance } from "../../graph/cloud-map.ts";
import type { MeshGraph } from "../../graph/graph.ts";
import { type CloudMapQuery, type CloudMapService, cloudMapKey } from "../../model/cloud-map.ts";

/** The pods that nodes register in Cloud Map, kept up to date. */
export class KnownInstances {
  readonly #graph: Pick<MeshGraph, "renewNextRegistration" | "registration">;
  readonly #changed: (name: string) => boolean;
  readonly #cloudMap = new CloudMap();
  /** Names of endpoints that were asked for, by their service. */
  readonly #names = new Map<string, Set<string>>();

  /** `changed`: is told the names of endpoints that may be others now, and says whether anybody has them. */
  constructor(graph: Pick<MeshGraph, "renewNextRegistration" | "registration">, changed: (name: string) => boolean) {
    this.#graph = graph;
    this.#changed = changed;
  }

  podChanged(namespace: string, name: string, after: PodSummary | undefined): void {
    this.#tell(this.#cloudMap.setPod(namespace, name, after && registeredPod(after)));
  }

  /** Takes one node that registers its pods in another way now; false: there is none. Throws what the graph throws. */
  renewNext(): boolean {
    const nodes = this.#graph.renewNextRegistration();
    for (const ref of nodes ?? []) this.#tell(this.#cloudMap.setRegistration(ref, this.#graph.registration(ref)));
    return nodes !== undefined;
  }

  /**
   * Who can be called, by everything that the graph took until now: a proxy that comes first has all of them. From now on endpoints of this
   * name are told when they may be others.
   */
  instances(name: string, query: CloudMapQuery): readonly Instance[] {
    while (this.renewNext());
    // afterwards: what was told until here nobody has yet, and it would be forgotten
    const key = cloudMapKey(query);
    this.#names.set(key, (this.#names.get(key) ?? new Set()).add(name));
    return this.#cloudMap.instances(query);
  }

  /** Names of the endpoints that a pod may be among. */
  namesWith(namespace: string, name: string): readonly string[] {
    const services = this.#cloudMap.servicesOf(namespace, name);
    return services.flatMap((service) => [...(this.#names.get(cloudMapKey(service)) ?? [])]);
  }

  #tell(services: readonly CloudMapService[]): void {
    for (const key of new Set(services.map(cloudMapKey))) {
      const names = this.#names.get(key);
      // nobody has it any more: who has it later reads it again
      for (const name of names ?? []) if (!this.#changed(name)) names?.delete(name);
      if (names?.size === 0) this.#names.delete(key);
    }
  }
}
