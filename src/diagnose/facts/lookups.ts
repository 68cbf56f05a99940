import type { InjectionInput } from "../../inject/input.ts";
import type { LimitRangeFacts, QuotaFacts, TrustFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import type { MeshFacts, NodeFacts } from "../../model/mesh-objects.ts";
import { controllerOf } from "../../model/owner.ts";
import { type Sharing, sharedNodes } from "../../model/shared-nodes.ts";
import { MISSING_TRUST } from "../../model/trust.ts";
import { type KnownOwners, ownerOf } from "./owners.ts";
import type { Unread } from "./pod-node.ts";
import type { Reading } from "./reading.ts";

/** What the webhook would look up for the pods of one namespace. */
export interface NamespaceLookups {
  /** What of them could not be read, so that none are listed. */
  readonly unread: Unread;
  readonly virtualNodes: readonly NodeFacts[];
  readonly virtualGateways: readonly NodeFacts[];
  readonly limitRanges: readonly LimitRangeFacts[];
  readonly quotas: readonly QuotaFacts[];
  readonly owners: KnownOwners;
}

/** The facts of the whole cluster that decisions need. */
export interface ClusterLookups {
  readonly meshes: readonly MeshFacts[];
  /** What nodes and gateways share with other namespaces. */
  readonly sharing: Omit<Sharing, "meshes">;
  readonly trust: TrustFacts;
}

/** The trust as the webhook finds it; who may not see it is not told that it is missing. */
export function trustFactsOf(trust: Reading<string>): TrustFacts {
  switch (trust.kind) {
    case "read":
      return { kind: "known", pem: trust.value };
    case "absent":
      return MISSING_TRUST;
    default:
      return { kind: "later" };
  }
}

/** A pod with everything that decides about it now. */
export function inputOf(
  pod: JsonObject,
  looked: NamespaceLookups,
  { sharing, ...rest }: Pick<InjectionInput, "namespace" | "configuration" | "release"> & ClusterLookups,
): InjectionInput {
  const { virtualNodes, virtualGateways, limitRanges, quotas } = looked;
  const request = { operation: "CREATE", dryRun: true, user: "" };
  const owner = ownerOf(controllerOf(pod), rest.namespace.name, looked.owners);
  const shared = sharedNodes(rest.namespace, { ...sharing, meshes: rest.meshes });
  return { pod, request, owner, virtualNodes, virtualGateways, sharedNodes: shared, limitRanges, quotas, ...rest };
}
