import { RESOURCES } from "../../cluster/resources.ts";
import type { Candidate } from "../../model/membership.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import type { Sharing } from "../../model/shared-nodes.ts";
import { valueIn } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** The nodes and gateways of the cluster that are shared with other namespaces; what cannot be read counts as not there. */
export async function readSharing(reads: ClusterReads): Promise<Omit<Sharing, "meshes">> {
  const [nodes, gateways] = await Promise.all(
    [RESOURCES.virtualNodes, RESOURCES.virtualGateways].map(async ({ path, content, project }) => {
      const all = valueIn(await reads.list(path, content, project)) ?? [];
      return all.filter(({ sharedWith }) => sharedWith !== undefined);
    }),
  );
  const candidates: readonly Candidate<NodeFacts>[] = [
    ...(nodes ?? []).map((object) => ({ kind: "virtualNode", object }) as const),
    ...(gateways ?? []).map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  const labels = await labelsOfHomes(reads, candidates);
  return { candidates, labelsOf: (namespace) => labels.get(namespace) ?? {} };
}

/** Labels of the namespaces that share something. */
async function labelsOfHomes(
  reads: ClusterReads,
  candidates: readonly Candidate<NodeFacts>[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { path } = RESOURCES.namespaces;
  const homes = [...new Set(candidates.map(({ object }) => object.namespace))];
  const read = homes.map(async (name) => {
    const namespace = valueIn(await reads.one(`${path}/${encodeURIComponent(name)}`));
    return [name, namespace === undefined ? {} : RESOURCES.namespaces.project(namespace).labels] as const;
  });
  return new Map(await Promise.all(read));
}
