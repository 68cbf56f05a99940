import { servicesMeant } from "../model/cluster-dns.ts";
import { compareTexts } from "../model/compare-texts.ts";
import type { ServiceFacts } from "../model/facts.ts";
import type { ServiceChange } from "../model/mesh-change.ts";

/** A Kubernetes Service that a host name means, and what is known of it; undefined: it is not there. */
export interface NamedService {
  readonly namespace: string;
  readonly name: string;
  readonly facts: Pick<ServiceFacts, "ports" | "hasSlices" | "headless"> | "alias" | undefined;
  /** Whether any Service is known: every cluster has one, so without it nobody has told yet. */
  readonly told: boolean;
}

/**
 * The Kubernetes Services as they are. A change touches `addresses:…` or `ports:…`, whichever it is about: the addresses of a headless one
 * change with every pod, and nobody who asks for its ports is to be bothered by that.
 */
export class ServiceState {
  readonly #services = new Map<string, ServiceFacts>();
  readonly #clusterDomain: string;

  /** `clusterDomain`: such as `cluster.local`. */
  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  /** Takes a change, and adds what it touched. */
  apply({ after, ...place }: ServiceChange, touched: Set<string>): void {
    const key = keyOf(place);
    const before = this.#services.get(key);
    const told = this.#services.size > 0;
    if (after === undefined) this.#services.delete(key);
    else this.#services.set(key, after);
    if (told !== this.#services.size > 0) touched.add("services");
    if ((before === undefined) !== (after === undefined)) touched.add(`serviceNames:${place.namespace}`);
    if (addressesIn(before) !== addressesIn(after)) touched.add(`addresses:${key}`);
    if (portsIn(before) !== portsIn(after)) touched.add(`ports:${key}`);
  }

  /** Where connections to a host name go, as pods of a namespace mean it; undefined: not known. Notes what was looked at. */
  addresses(host: string, namespace: string, noted: Set<string>): readonly string[] | undefined {
    const found = servicesMeant(host, namespace, this.#clusterDomain).flatMap(({ endpoint, ...place }) => {
      const key = keyOf(place);
      noted.add(`addresses:${key}`);
      const { addresses, endpoints } = this.#services.get(key) ?? {};
      if (addresses === undefined) return [];
      return [endpoint === undefined ? addresses : (endpoints?.get(endpoint) ?? [])];
    });
    return found.find((addresses) => addresses.length > 0) ?? found[0];
  }

  /** Names of a namespace's Services, sorted; undefined: nobody has told of any Service yet. Notes what was looked at. */
  names(namespace: string, noted: Set<string>): readonly string[] | undefined {
    noted.add(`serviceNames:${namespace}`).add("services");
    if (this.#services.size === 0) return undefined;
    const start = `${namespace}/`;
    const found = [...this.#services.keys()].filter((key) => key.startsWith(start));
    return found.map((key) => key.slice(start.length)).toSorted(compareTexts);
  }

  /** The Service as a whole that a host name means; undefined: it has no such form. Notes what was looked at. */
  named(host: string, namespace: string, noted: Set<string>): NamedService | undefined {
    const meant = servicesMeant(host, namespace, this.#clusterDomain).find(({ endpoint }) => endpoint === undefined);
    if (meant === undefined) return undefined;
    const { namespace: within, name } = meant;
    const key = keyOf(meant);
    noted.add(`ports:${key}`).add("services");
    const facts = this.#services.get(key);
    const told = this.#services.size > 0;
    return { namespace: within, name, told, facts: facts !== undefined && isAlias(facts) ? "alias" : facts };
  }
}

function isAlias({ addresses }: ServiceFacts): boolean {
  return addresses === undefined;
}

function addressesIn(facts: ServiceFacts | undefined): string {
  return facts === undefined ? "" : JSON.stringify([facts.addresses ?? "alias", ...facts.endpoints]);
}

function portsIn(facts: ServiceFacts | undefined): string {
  return facts === undefined ? "" : JSON.stringify([isAlias(facts), facts.headless, facts.hasSlices, ...facts.ports]);
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
