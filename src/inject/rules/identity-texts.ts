import type { Candidate, NearCandidate, PodMesh, Role } from "../../model/membership.ts";
import type { MeshFacts, NodeFacts } from "../../model/mesh-objects.ts";
import { APPMESH_PREFIX } from "../../model/names.ts";
import { describeSelector } from "../../model/selector.ts";

/* Why nobody can say which node of which mesh a pod is, for people: each with what helps. */

/** `VirtualNode shop/web (podSelector app=web)`: how messages point at a node. */
export function describeCandidate({ kind, object }: Candidate<NodeFacts>): string {
  const { podSelector, namespace, name } = object;
  const selector = podSelector === undefined ? "no podSelector" : `podSelector ${describeSelector(podSelector)}`;
  return `${KIND_WORDS[kind]} ${namespace}/${name} (${selector})`;
}

const KIND_WORDS = { virtualNode: "VirtualNode", virtualGateway: "VirtualGateway" } as const;

/** That a node does not select a pod, for one label: in a sentence of its own. */
export function describeNear({ candidate: { kind, object }, wants }: NearCandidate<NodeFacts>): string {
  const { namespace, name } = object;
  return `${KIND_WORDS[kind]} ${namespace}/${name} does not select this pod: it wants ${wants}`;
}

export function ambiguousNode(candidates: readonly Candidate<NodeFacts>[]): string {
  return `${candidates.length} objects select this pod: ${candidates.map(describeCandidate).join(" and ")}; change their podSelectors so that one is left, or set the annotation ${APPMESH_PREFIX}virtualNode`;
}

export function meshMismatch({ annotated, ofNode }: Extract<PodMesh, { kind: "mismatch" }>, { name }: Role): string {
  return `annotation ${APPMESH_PREFIX}mesh is ${annotated}, but the pod is virtual node ${name} of mesh ${ofNode.name}; remove the annotation or correct one of the two`;
}

export function ambiguousMesh(meshes: readonly MeshFacts[], namespace: string): string {
  return `${meshes.length} Meshes select namespace ${namespace}: ${meshes.map(({ name }) => name).join(" and ")}; set the annotation ${APPMESH_PREFIX}mesh, or change their namespaceSelectors`;
}

export function noMesh(meshes: number, namespace: string): string {
  return `no mesh for this pod: it has no annotation ${APPMESH_PREFIX}mesh, no matching VirtualNode names one, no default is configured (MESH_NAME), and none of the ${meshes} Meshes selects namespace ${namespace}; set one of these`;
}
