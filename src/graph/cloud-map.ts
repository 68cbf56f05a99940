import { isIPv4, isIPv6 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { type CloudMapQuery, type CloudMapService, cloudMapKey, type RegisteredPod } from "../model/cloud-map.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import { selectorMatches } from "../model/selector.ts";
import type { Registration } from "./registration.ts";

/** Somebody who can be called. */
export interface Instance {
  /** One of each family that it has; at least one. */
  readonly addresses: readonly string[];
  readonly health: "healthy" | "leaving";
}

interface Entry extends Registration {
  /** The pods of its namespace that it selects, by name. */
  readonly pods: Map<string, RegisteredPod>;
}

/**
 * The pods that nodes register in Cloud Map, as values: a service has the pods of all nodes that name it, each with the attributes of the
 * node that registered it. A change is answered with the services that it is about.
 */
export class CloudMap {
  /** By the node that registers. */
  readonly #entries = new Map<string, Entry>();
  readonly #ofService = new Map<string, Set<Entry>>();
  readonly #ofNamespace = new Map<string, Set<Entry>>();
  /** By namespace, then by name. */
  readonly #pods = new Map<string, Map<string, RegisteredPod>>();

  /** A node registers its pods so, or not at all any more. */
  setRegistration(ref: ObjectRef<"VirtualNode">, after: Registration | undefined): readonly CloudMapService[] {
    const key = keyOf(ref);
    const before = this.#entries.get(key);
    if (before !== undefined) {
      this.#entries.delete(key);
      removeFrom(this.#ofService, cloudMapKey(before.service), before);
      removeFrom(this.#ofNamespace, before.namespace, before);
    }
    if (after !== undefined) {
      const known = this.#pods.get(after.namespace) ?? [];
      const pods = [...known].filter(([, { labels }]) => selectorMatches(after.selector, labels));
      const entry = { ...after, pods: new Map(pods) };
      this.#entries.set(key, entry);
      addTo(this.#ofService, cloudMapKey(after.service), entry);
      addTo(this.#ofNamespace, after.namespace, entry);
    }
    return [before, after].flatMap((entry) => entry?.service ?? []);
  }

  /** A pod is so, or gone. */
  setPod(namespace: string, name: string, after: RegisteredPod | undefined): readonly CloudMapService[] {
    const known = this.#pods.get(namespace) ?? new Map<string, RegisteredPod>();
    if (isDeepStrictEqual(known.get(name), after)) return [];
    if (after === undefined) known.delete(name);
    else known.set(name, after);
    if (known.size === 0) this.#pods.delete(namespace);
    else this.#pods.set(namespace, known);
    const concerned: CloudMapService[] = [];
    for (const entry of this.#ofNamespace.get(namespace) ?? []) {
      const isSelected = after !== undefined && selectorMatches(entry.selector, after.labels);
      if (isSelected || entry.pods.has(name)) concerned.push(entry.service);
      if (isSelected) entry.pods.set(name, after);
      else entry.pods.delete(name);
    }
    return concerned;
  }

  /** The services in which a pod is registered. */
  servicesOf(namespace: string, name: string): readonly CloudMapService[] {
    const entries = [...(this.#ofNamespace.get(namespace) ?? [])];
    return entries.filter(({ pods }) => pods.has(name)).map(({ service }) => service);
  }

  /** Who can be called of a service with these attributes, sorted by address; each once, whoever registered it. */
  instances(query: CloudMapQuery): readonly Instance[] {
    const found = new Map<string, Instance>();
    for (const { namespace, attributes, pods } of this.#ofService.get(cloudMapKey(query)) ?? []) {
      for (const [name, { labels, addresses, health }] of pods) {
        const [first] = addresses;
        if (first === undefined || health === "unready") continue;
        const has = { ...labels, ...attributes, ...ownAttributes(namespace, name, addresses) };
        const matches = query.attributes.every(({ key, value }) => Object.hasOwn(has, key) && has[key] === value);
        // a pod that ends may have had the address of one that begins
        if (matches && found.get(first)?.health !== "healthy") found.set(first, { addresses, health });
      }
    }
    return [...found].toSorted(([a], [b]) => compareTexts(a, b)).map(([, instance]) => instance);
  }
}

/** Attributes that App Mesh's controller gave each instance. */
function ownAttributes(
  namespace: string,
  name: string,
  addresses: readonly string[],
): Readonly<Record<string, string>> {
  const [four, six] = [addresses.find(isIPv4), addresses.find(isIPv6)];
  return {
    ...(four !== undefined && { AWS_INSTANCE_IPV4: four }),
    ...(six !== undefined && { AWS_INSTANCE_IPV6: six }),
    "k8s.io/namespace": namespace,
    "k8s.io/pod": name,
  };
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  sets.set(key, (sets.get(key) ?? new Set<T>()).add(value));
}

function removeFrom<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
