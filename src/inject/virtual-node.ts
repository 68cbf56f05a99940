import type { Configuration } from "../config/schema.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import type { MeshFacts, NodeFacts } from "../model/mesh-objects.ts";
import { describeSelector, selectorMatches } from "../model/selector.ts";
import type { MeshIdentity } from "./decision.ts";

/** The nodes of a namespace whose podSelector matches the labels; a node without a selector matches nothing. */
export function matchingNodes(
  nodes: readonly NodeFacts[],
  labels: Readonly<Record<string, string>>,
): readonly NodeFacts[] {
  return nodes.filter((node) => node.podSelector !== undefined && selectorMatches(node.podSelector, labels));
}

/** `VirtualNode shop/web (podSelector app=web)`: how messages point at a node. */
export function describeNode(kind: "VirtualNode" | "VirtualGateway", node: NodeFacts): string {
  const selector =
    node.podSelector === undefined ? "no podSelector" : `podSelector ${describeSelector(node.podSelector)}`;
  return `${kind} ${node.namespace}/${node.name} (${selector})`;
}

/** A virtual node's name by its owner, in the shape that the configuration asks for. */
export function nodeName(naming: Configuration["virtualNodeNaming"], namespace: string, workload: string): string {
  switch (naming) {
    case "namespace-owner":
      return `${namespace}-${workload}`;
    case "owner-namespace":
      return `${workload}-${namespace}`;
    case "owner_namespace":
      return `${workload}_${namespace}`;
  }
}

/** The meshes that select a namespace; one without a selector selects none. */
export function meshesOf(meshes: readonly MeshFacts[], namespace: NamespaceFacts): readonly MeshFacts[] {
  return meshes.filter(
    (mesh) => mesh.namespaceSelector !== undefined && selectorMatches(mesh.namespaceSelector, namespace.labels),
  );
}

/** The mesh a node belongs to: its `meshRef`, else the one mesh that selects the namespace. */
export function meshOfNode(
  node: NodeFacts,
  meshes: readonly MeshFacts[],
  namespace: NamespaceFacts,
  accountId: string,
): MeshIdentity | undefined {
  if (node.meshRef !== undefined) {
    const mesh = meshes.find((candidate) => candidate.name === node.meshRef);
    return mesh === undefined ? { name: node.meshRef, path: node.meshRef } : meshIdentity(mesh, accountId);
  }
  const [only, ...others] = meshesOf(meshes, namespace);
  return only !== undefined && others.length === 0 ? meshIdentity(only, accountId) : undefined;
}

/** A mesh of another AWS account is addressed as `name@owner`; without an account of our own it is just the name. */
export function meshIdentity(mesh: MeshFacts, accountId: string): MeshIdentity {
  const foreign = mesh.meshOwner !== undefined && accountId !== "" && mesh.meshOwner !== accountId;
  return { name: mesh.awsName, path: foreign ? `${mesh.awsName}@${mesh.meshOwner}` : mesh.awsName };
}
