import { knownOwner } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { WorkloadFacts } from "../../cluster/resources.ts";
import type { Configuration } from "../../config/schema.ts";
import { type PodIdentity, podIdentity } from "../../inject/pod-identity.ts";
import type { NamespaceFacts, OwnerFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Candidate, NamespaceLabels } from "../../model/membership.ts";
import { meshFacts, type NodeFacts, nodeFacts } from "../../model/mesh-objects.ts";
import type { ParsedObject } from "../../model/parse-object.ts";
import { sharedNodes } from "../../model/shared-nodes.ts";

/** ReplicaSets and Jobs by {@link workloadKey}; a failed look-up has the reason why. */
export interface KnownOwners {
  readonly found: ReadonlyMap<string, WorkloadFacts>;
  /** Empty: all were read. */
  readonly unread: string;
}

export function workloadKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

/** Who owns a pod. */
export function ownerOf({ controller, namespace }: PodSummary, { found, unread }: KnownOwners): OwnerFacts {
  return knownOwner(
    controller,
    ({ kind, name, uid }) => {
      const known = found.get(workloadKey(kind, namespace, name));
      return known?.uid === uid ? known : undefined;
    },
    unread || "it is not there",
  );
}

/** The workload of a pod, for people: the end of the chain of its owners, itself where it has none. */
export function workloadOf(pod: PodSummary, owners: KnownOwners): { readonly kind: string; readonly name: string } {
  const owner = ownerOf(pod, owners);
  switch (owner.kind) {
    case "none":
      return { kind: "Pod", name: pod.name };
    case "known":
      return { kind: owner.owner.kind, name: owner.owner.name };
    case "lookup-failed":
      return { kind: owner.direct.kind, name: owner.direct.name };
  }
}

/** Which node each pod is, by objects and namespaces: what a control plane goes by. */
export function membersOf(
  contents: { readonly objects: readonly ParsedObject[]; readonly namespaces: readonly NamespaceFacts[] },
  owners: KnownOwners,
  configuration: Pick<Configuration, "meshName" | "accountId" | "virtualNodeNaming">,
): (pod: PodSummary) => PodIdentity {
  const objects = contents.objects.flatMap((parsed) => (parsed.kind === "parsed" ? [parsed.object] : []));
  // typed objects have their fields where those of the API server are
  const raw = (kind: string): readonly JsonObject[] =>
    objects.filter((object) => object.kind === kind) as unknown as readonly JsonObject[];
  const meshes = raw("Mesh").map(meshFacts);
  const nodes = raw("VirtualNode").map(nodeFacts);
  const gateways = raw("VirtualGateway").map(nodeFacts);
  const [nodesIn, gatewaysIn] = [nodes, gateways].map((all) => Map.groupBy(all, ({ namespace }) => namespace));
  const labels = new Map(contents.namespaces.map((one) => [one.name, one.labels]));
  const labelsOf = (namespace: string): NamespaceLabels["labels"] => labels.get(namespace) ?? {};
  const isShared = ({ sharedWith }: NodeFacts): boolean => sharedWith !== undefined;
  const candidates: readonly Candidate<NodeFacts>[] = [
    ...nodes.filter(isShared).map((object) => ({ kind: "virtualNode", object }) as const),
    ...gateways.filter(isShared).map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  return (pod) => {
    const known = {
      meshes: () => meshes,
      labelsOf,
      nodes: (namespace: string) => nodesIn?.get(namespace) ?? [],
      gateways: (namespace: string) => gatewaysIn?.get(namespace) ?? [],
      shared: (namespace: NamespaceLabels) =>
        candidates.length === 0 ? [] : sharedNodes(namespace, { candidates, meshes, labelsOf }),
      owner: () => ownerOf(pod, owners),
    };
    return podIdentity(pod, known, configuration);
  };
}
