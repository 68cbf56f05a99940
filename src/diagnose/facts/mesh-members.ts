import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Configuration } from "../../config/schema.ts";
import { type PodIdentity, podIdentity } from "../../inject/pod-identity.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import type { Candidate, NamespaceLabels } from "../../model/membership.ts";
import { meshFacts, type NodeFacts, nodeFacts } from "../../model/mesh-objects.ts";
import type { ParsedObject } from "../../model/parse-object.ts";
import { sharedNodes } from "../../model/shared-nodes.ts";
import { type KnownOwners, ownerOf } from "./owners.ts";

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
      owner: () => ownerOf(pod.controller, pod.namespace, owners),
    };
    return podIdentity(pod, known, configuration);
  };
}
