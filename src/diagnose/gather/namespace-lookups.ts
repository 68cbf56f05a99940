import { RESOURCES } from "../../cluster/resources.ts";
import type { Resource } from "../../kube/informer.ts";
import { inNamespace } from "../../kube/object-path.ts";
import type { NamespaceLookups } from "../facts/lookups.ts";
import { type Reading, valueIn, whyUnread } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { readOwners } from "./owners.ts";

/** Lists what the webhook would look up for the pods of a namespace; what cannot be read counts as not there, and is said where it decides which node a pod is. */
export async function readNamespaceLookups(reads: ClusterReads, namespace: string): Promise<NamespaceLookups> {
  const list = <T>({ path, content, project }: Resource<T>): Promise<Reading<readonly T[]>> =>
    reads.list(inNamespace(path, namespace), content, project);
  const listed = async <T>(resource: Resource<T>): Promise<readonly T[]> => valueIn(await list(resource)) ?? [];
  const [virtualNodes, virtualGateways, limitRanges, quotas, owners] = await Promise.all([
    list(RESOURCES.virtualNodes),
    list(RESOURCES.virtualGateways),
    listed(RESOURCES.limitRanges),
    listed(RESOURCES.quotas),
    readOwners(reads, namespace),
  ]);
  return {
    unread: {
      nodes:
        whyUnread(virtualNodes, `list of virtualnodes of namespace ${namespace}`) ||
        whyUnread(virtualGateways, `list of virtualgateways of namespace ${namespace}`),
      others: owners.unread,
    },
    virtualNodes: valueIn(virtualNodes) ?? [],
    virtualGateways: valueIn(virtualGateways) ?? [],
    limitRanges,
    quotas,
    owners,
  };
}
