/* What is kept of Kubernetes Services and of their EndpointSlices. Addresses are written as Envoy writes them: in the shortest form. */

export type ServiceSummary =
  /** Its own addresses, of both families; none before it has one. */
  | { readonly kind: "ownAddresses"; readonly addresses: readonly string[]; readonly ports: readonly NamedPort[] }
  /** Headless: its names are those of its endpoints. */
  | { readonly kind: "headless"; readonly ports: readonly NamedPort[] }
  /** `ExternalName`: another name, which nobody here looks up. */
  | { readonly kind: "alias" };

/** A TCP port. */
export interface NamedPort {
  /** By which port of a Service and port of a slice belong together; empty where the Service has only one. */
  readonly name: string;
  readonly port: number;
}

/** A port of a Service by its number: what is called there are the members of a node. */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

export interface SliceSummary {
  /** Name of its Service, in its own namespace; empty: of none. */
  readonly service: string;
  readonly family: Family;
  /** Where the endpoints listen: not the numbers of the Service. */
  readonly ports: readonly NamedPort[];
  readonly endpoints: readonly EndpointSummary[];
}

export type Family = "IPv4" | "IPv6";

export interface EndpointSummary {
  /** One; whoever makes slices by hand may write several, of which Kubernetes itself looks at the first. */
  readonly addresses: readonly string[];
  /** Its own name before that of the Service, as a StatefulSet's pods have one; undefined: none. */
  readonly host: string | undefined;
  readonly health: EndpointHealth;
  readonly zone: string | undefined;
}

/** `healthy`: ready, and not about to end. `leaving`: about to end, and serves until then. `unready`: not to be called. */
export type EndpointHealth = "healthy" | "leaving" | "unready";
