import type { Configuration } from "../config/schema.ts";
import type { JsonObject } from "../model/json.ts";
import type { MeshFacts, NodeFacts } from "../model/mesh-objects.ts";

/** Everything that injection depends on, looked up beforehand: the engine itself does no I/O and knows no clock. */
export interface InjectionInput {
  /** The pod exactly as it came, parsed from JSON. */
  readonly pod: JsonObject;
  readonly request: RequestFacts;
  readonly namespace: NamespaceFacts;
  readonly owner: OwnerFacts;
  /** Every VirtualNode and VirtualGateway of the pod's namespace; which of them match is decided here. */
  readonly virtualNodes: readonly NodeFacts[];
  readonly virtualGateways: readonly NodeFacts[];
  readonly meshes: readonly MeshFacts[];
  readonly limitRanges: readonly LimitRangeFacts[];
  readonly quotas: readonly QuotaFacts[];
  readonly trust: TrustFacts;
  readonly configuration: Configuration;
  /** Version of Outrigger, for the record of what was injected. */
  readonly release: string;
}

export interface RequestFacts {
  /** `CREATE`, `UPDATE`, `DELETE` or `CONNECT`; only CREATE injects. */
  readonly operation: string;
  readonly dryRun: boolean;
  readonly user: string;
}

export interface NamespaceFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
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
