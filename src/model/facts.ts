import type { ClusterDns } from "./cluster-dns.ts";
import type { Candidate } from "./membership.ts";
import type { MeshFacts, NodeFacts } from "./mesh-objects.ts";

/** What injection must know besides the pod and the request itself, looked up beforehand. */
export interface PodFacts {
  readonly namespace: NamespaceFacts;
  readonly owner: OwnerFacts;
  /** Every VirtualNode and VirtualGateway of the pod's namespace; injection decides which of them match. */
  readonly virtualNodes: readonly NodeFacts[];
  readonly virtualGateways: readonly NodeFacts[];
  /** Those of other namespaces that the pod may name by its annotation; see `sharedNodes` in `membership.ts`. */
  readonly sharedNodes: readonly Candidate<NodeFacts>[];
  readonly meshes: readonly MeshFacts[];
  readonly limitRanges: readonly LimitRangeFacts[];
  readonly quotas: readonly QuotaFacts[];
  readonly trust: TrustFacts;
  /** Absent: not known, as on a machine outside of the cluster. */
  readonly clusterDns?: ClusterDns;
}

export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is known of a Kubernetes Service and the addresses behind its names; those lists are sorted. */
export interface ServiceFacts {
  /**
   * Where connections to it go, of both families: its own, or those of its endpoints where it is headless, ready or not, for whoever is
   * called there means the Service. Empty: nowhere as yet. Undefined: not known, for it is an alias.
   */
  readonly addresses: readonly string[] | undefined;
  /** Of its endpoints that have a name of their own before the Service's, by that name. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  /** Whether its names are those of its endpoints, which are called on ports of their own. */
  readonly headless: boolean;
  /** Numbers of its TCP ports. */
  readonly ports: readonly number[];
  /** Whether there are EndpointSlices of it, with endpoints or without: else nobody says where its members are. */
  readonly hasSlices: boolean;
}

/** A member of `metadata.ownerReferences`, reduced to what names it. */
export interface OwnerLink {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export type OwnerFacts =
  /** The pod has no controller. */
  | { readonly kind: "none" }
  /** The end of the chain: a Deployment, Rollout, CronJob, StatefulSet, … */
  | { readonly kind: "known"; readonly owner: OwnerLink }
  /** The pod's ReplicaSet or Job could not be read. */
  | { readonly kind: "lookup-failed"; readonly direct: OwnerLink; readonly reason: string };

/** The limits of a LimitRange that bear on containers and pods; quantities as text. */
export interface LimitRangeFacts {
  readonly name: string;
  readonly limits: readonly {
    /** `Container` or `Pod`. */
    readonly type: string;
    readonly min: Readonly<Record<string, string>>;
    readonly max: Readonly<Record<string, string>>;
    readonly default: Readonly<Record<string, string>>;
    readonly defaultRequest: Readonly<Record<string, string>>;
    readonly maxLimitRequestRatio: Readonly<Record<string, string>>;
  }[];
}

/** The keys of `spec.hard` of a ResourceQuota, such as `limits.cpu` and `requests.memory`. */
export interface QuotaFacts {
  readonly name: string;
  readonly hard: Readonly<Record<string, string>>;
}

export type TrustFacts =
  /** PEM certificates of the mesh's authority. */
  | { readonly kind: "known"; readonly pem: string }
  /** Not there yet although the webhook needs it: pods are denied with that reason. */
  | { readonly kind: "missing"; readonly lookedFor: string }
  /** Offline: left out, a webhook or `inject --refresh` adds it. */
  | { readonly kind: "later" };
