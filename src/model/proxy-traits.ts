/**
 * How the pod of a proxy wants it, beside what the mesh says: all of a pod that its configuration depends on. A closed set, so
 * that pods which want the same share one configuration, and no pod can make one of its own out of its texts.
 */
export interface ProxyTraits {
  /** Listeners of both families, else of IPv4 only. */
  readonly ipv6: boolean;
  readonly directions: Separation;
  readonly tracing: TracingTraits;
  /** Where the app of a listener is: on the pod's loopback, or at the address that was called, which is the pod's. */
  readonly appAddress: "loopback" | "pod";
  /** Its pod's deletion was asked for: it serves on, and asks its clients to go elsewhere. */
  readonly leaving: boolean;
  /** Its bootstrap knows an SDS server of the pod's own. */
  readonly sdsSocket: boolean;
}

/**
 * Whether each direction has a cluster of its own. `shared`, one for both, is what release 0.1.0 gave: its Envoys cut open
 * connections 20 seconds after a listener changes, so theirs stay as they were, byte for byte.
 */
export type Separation = "separate" | "shared";

/** Where spans go, by Envoy's own names of the tracers. What they are called there comes from the node, not from here. */
export type TracingTraits =
  | { readonly kind: "none" }
  /** The pod's bootstrap has settings that are none of ours; treated as none, and said. */
  | { readonly kind: "unreadable" }
  | ({ readonly kind: "zipkin" } & Collector)
  | ({ readonly kind: "datadog" } & Collector)
  | ({ readonly kind: "opentelemetry" } & Collector)
  /** The daemon is on the pod's loopback; the rate is a fraction, of the requests beyond one a second. */
  | { readonly kind: "xray"; readonly port: number; readonly rate: number };

/** A cluster of the bootstrap. */
interface Collector {
  /** Of 100 requests that carry no decision, how many are sampled. */
  readonly percent: number;
  /** Host and port for the request's Host header; undefined where the collector has no name. */
  readonly host: string | undefined;
}

/** Of a pod that says nothing: an older bootstrap, or none of ours. IPv4 works everywhere. */
export const PLAIN_TRAITS: ProxyTraits = {
  ipv6: false,
  directions: "shared",
  tracing: { kind: "none" },
  appAddress: "loopback",
  leaving: false,
  sdsSocket: false,
};
