import { RESOURCES, workloadFacts } from "../../cluster/resources.ts";
import type { Resource } from "../../kube/informer.ts";
import { inNamespace } from "../../kube/object-path.ts";
import type { JsonObject } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { NamespaceLookups } from "../facts/lookups.ts";
import { valueIn } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** Lists what the webhook would look up for the pods of a namespace; what cannot be read counts as not there. */
export async function readNamespaceLookups(reads: ClusterReads, namespace: string): Promise<NamespaceLookups> {
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
  return (object: JsonObject) => [`${kind}/${nameOf(object)}`, workloadFacts(object)] as const;
}
