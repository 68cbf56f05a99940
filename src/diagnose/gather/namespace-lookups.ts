import { RESOURCES, workloadFacts } from "../../cluster/resources.ts";
import type { Resource } from "../../kube/informer.ts";
import { inNamespace } from "../../kube/object-path.ts";
import type { JsonObject } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { NamespaceLookups } from "../facts/lookups.ts";
import { type Reading, valueIn, whyUnread } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** Lists what the webhook would look up for the pods of a namespace; what cannot be read counts as not there, and is said where it decides which node a pod is. */
export async function readNamespaceLookups(reads: ClusterReads, namespace: string): Promise<NamespaceLookups> {
  const list = <T>({ path, content, project }: Resource<T>): Promise<Reading<readonly T[]>> =>
    reads.list(inNamespace(path, namespace), content, project);
  const listed = async <T>(resource: Resource<T>): Promise<readonly T[]> => valueIn(await list(resource)) ?? [];
  const [virtualNodes, virtualGateways, limitRanges, quotas, replicaSets, jobs] = await Promise.all([
    list(RESOURCES.virtualNodes),
    list(RESOURCES.virtualGateways),
    listed(RESOURCES.limitRanges),
    listed(RESOURCES.quotas),
    list({ ...RESOURCES.replicaSets, project: named("ReplicaSet") }),
    list({ ...RESOURCES.jobs, project: named("Job") }),
  ]);
  return {
    unread: {
      nodes:
        whyUnread(virtualNodes, `list of virtualnodes of namespace ${namespace}`) ||
        whyUnread(virtualGateways, `list of virtualgateways of namespace ${namespace}`),
      others:
        whyUnread(replicaSets, `list of replicasets of namespace ${namespace}`) ||
        whyUnread(jobs, `list of jobs of namespace ${namespace}`),
    },
    virtualNodes: valueIn(virtualNodes) ?? [],
    virtualGateways: valueIn(virtualGateways) ?? [],
    limitRanges,
    quotas,
    controllers: new Map([...(valueIn(replicaSets) ?? []), ...(valueIn(jobs) ?? [])]),
  };
}

function named(kind: string) {
  return (object: JsonObject) => [`${kind}/${nameOf(object)}`, workloadFacts(object)] as const;
}
