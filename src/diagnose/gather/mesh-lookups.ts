import { RESOURCES } from "../../cluster/resources.ts";
import type { InjectionInput } from "../../inject/input.ts";
import type { Resource } from "../../kube/informer.ts";
import { inNamespace } from "../../kube/object-path.ts";
import type { LimitRangeFacts, OwnerFacts, QuotaFacts, TrustFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import { member, stringOf } from "../../model/json.ts";
import type { MeshFacts, NodeFacts } from "../../model/mesh-objects.ts";
import { controllerOf, needsLookup, type OwnerLookup, ownerFacts } from "../../model/owner.ts";
import { MISSING_TRUST } from "../../model/trust.ts";
import { type Reading, valueIn } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** What the webhook would look up for the pods of one namespace. */
export interface Surroundings {
  readonly virtualNodes: readonly NodeFacts[];
  readonly virtualGateways: readonly NodeFacts[];
  readonly limitRanges: readonly LimitRangeFacts[];
  readonly quotas: readonly QuotaFacts[];
  /** The controller of each ReplicaSet and Job, by `<kind>/<name>`. */
  readonly controllers: ReadonlyMap<string, { readonly uid: string; readonly lookup: OwnerLookup }>;
}

export async function readSurroundings(reads: ClusterReads, namespace: string): Promise<Surroundings> {
  const listed = async <T>({ path, content, project }: Resource<T>): Promise<readonly T[]> =>
    valueIn(await reads.list(inNamespace(path, namespace), content, project)) ?? [];
  const [virtualNodes, virtualGateways, limitRanges, quotas, replicaSets, jobs] = await Promise.all([
    listed(RESOURCES.virtualNodes),
    listed(RESOURCES.virtualGateways),
    listed(RESOURCES.limitRanges),
    listed(RESOURCES.quotas),
    listed({ ...RESOURCES.replicaSets, project: named("ReplicaSet") }),
    listed({ ...RESOURCES.jobs, project: named("Job") }),
  ]);
  return { virtualNodes, virtualGateways, limitRanges, quotas, controllers: new Map([...replicaSets, ...jobs]) };
}

function named(kind: string) {
  return (object: JsonObject) => {
    const metadata = member(object, "metadata");
    const lookup: OwnerLookup = { kind: "found", controller: controllerOf(object) };
    return [
      `${kind}/${stringOf(member(metadata, "name"))}`,
      { uid: stringOf(member(metadata, "uid")) ?? "", lookup },
    ] as const;
  };
}

/** Who owns a pod, by what was listed. */
export function ownerAmong(pod: JsonObject, { controllers }: Surroundings): OwnerFacts {
  const direct = controllerOf(pod);
  if (direct === undefined || !needsLookup(direct)) return ownerFacts(direct, undefined);
  const found = controllers.get(`${direct.kind}/${direct.name}`);
  const missing: OwnerLookup = { kind: "failed", reason: "it is not in the list" };
  return ownerFacts(direct, found?.uid === direct.uid ? found.lookup : missing);
}

/** The facts of the whole cluster that decisions need. */
export interface MeshSurroundings {
  readonly meshes: readonly MeshFacts[];
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
  around: Surroundings,
  rest: Pick<InjectionInput, "namespace" | "meshes" | "trust" | "configuration" | "release">,
): InjectionInput {
  const { virtualNodes, virtualGateways, limitRanges, quotas } = around;
  const request = { operation: "CREATE", dryRun: true, user: "" };
  const owner = ownerAmong(pod, around);
  return { pod, request, owner, virtualNodes, virtualGateways, limitRanges, quotas, ...rest };
}
