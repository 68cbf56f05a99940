import { RESOURCES } from "../../cluster/resources.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import { member, stringMapOf } from "../../model/json.ts";
import type { Candidate } from "../../model/membership.ts";
import type { MeshFacts, NodeFacts } from "../../model/mesh-objects.ts";
import type { Sharing } from "../../model/shared-nodes.ts";
import type { Unread } from "../facts/pod-node.ts";
import { mapped, type Reading, valueIn, whyUnread } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** An object's name and annotations. */
export type Annotated = Pick<NamespaceFacts, "name" | "annotations">;

/** The Meshes, and what nodes and gateways of any namespace share with others. */
export interface MembershipFacts {
  readonly meshes: readonly MeshFacts[];
  /** Every Mesh with its annotations. */
  readonly annotatedMeshes: Reading<readonly Annotated[]>;
  readonly sharing: Omit<Sharing, "meshes">;
  readonly unread: Unread;
}

/** Reads what of the whole cluster decides which node a pod is; what cannot be read counts as not there, and is said. */
export async function readMembership(reads: ClusterReads): Promise<MembershipFacts> {
  const { meshes, virtualNodes, virtualGateways } = RESOURCES;
  const shared = ({ path, content, project }: typeof virtualNodes) =>
    reads.list(path, content, (object) => {
      const node = project(object);
      return node?.sharedWith === undefined ? undefined : node;
    });
  const [listed, nodes, gateways] = await Promise.all([
    reads.list(meshes.path, meshes.content, (object) => ({
      facts: meshes.project(object),
      annotations: stringMapOf(member(object.metadata, "annotations")),
    })),
    shared(virtualNodes),
    shared(virtualGateways),
  ]);
  const candidates: readonly Candidate<NodeFacts>[] = [
    ...(valueIn(nodes) ?? []).map((object) => ({ kind: "virtualNode", object }) as const),
    ...(valueIn(gateways) ?? []).map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  const labels = await labelsOfHomes(reads, candidates);
  return {
    meshes: (valueIn(listed) ?? []).map(({ facts }) => facts),
    annotatedMeshes: mapped(listed, (all) => all.map(({ facts: { name }, annotations }) => ({ name, annotations }))),
    sharing: { candidates, labelsOf: (namespace) => labels.get(namespace) ?? {} },
    unread: {
      nodes: whyUnread(listed, "list of meshes"),
      others: whyUnread(nodes, "list of virtualnodes") || whyUnread(gateways, "list of virtualgateways"),
    },
  };
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
