import {
  type Candidate,
  type MeshChoice,
  meshOfPod,
  nodeNamed,
  type PodClaim,
  podMembership,
  type Role,
} from "../model/membership.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import type { NodeFacts } from "../model/mesh-objects.ts";
import { ambiguousMesh, ambiguousNode, meshMismatch, noMesh } from "./rules/identity-texts.ts";
import { parseResourceName } from "./values.ts";

/** Which node of which mesh a pod that is there is served as, or why nobody can say. */
export type ServedIdentity =
  | {
      readonly kind: "resolved";
      /** With `@owner` for a mesh of another account. */
      readonly mesh: string;
      readonly role: Role;
      /** `mesh/<mesh>/virtualNode/<name>`, as the sidecar's node id should be. */
      readonly id: string;
      /** The object of that name; undefined while there is none. */
      readonly object: ServedObject | undefined;
      /** Whether the pod says itself who it is, selected or not. */
      readonly by: "annotation" | "selector" | "owner";
    }
  /** `candidates`: all that select it, where they are several. */
  | { readonly kind: "unresolved"; readonly problem: string; readonly candidates: readonly Candidate<NodeFacts>[] };

/** A VirtualNode or VirtualGateway. */
export type ServedObject = ObjectRef<"VirtualNode"> | ObjectRef<"VirtualGateway">;

/** A pod, and what there is to choose from. */
export interface ServedPod {
  readonly claim: PodClaim;
  /** Of the pod's namespace. */
  readonly nodes: readonly NodeFacts[];
  readonly gateways: readonly NodeFacts[];
  readonly choice: MeshChoice;
  /** Those of other namespaces that the pod may name. */
  readonly shared: () => readonly Candidate<NodeFacts>[];
  /** Its name by the naming rule. */
  readonly nameByOwner: () => string;
}

/**
 * The virtual node of a pod: by its annotation, else by selector, else by the naming rule. The rules are those of injection; a pod without a
 * VirtualNode is a node of its own name here, whatever injection would have said.
 */
export function servedIdentity(pod: ServedPod): ServedIdentity {
  const { claim, choice } = pod;
  const node = nodeOf(pod);
  if (node.kind === "unresolved") return node;
  const { role, object, by } = node;
  const found = meshOfPod(claim, object, choice);
  switch (found.kind) {
    case "mismatch":
      return unresolved(meshMismatch(found, role));
    case "ambiguous":
      return unresolved(ambiguousMesh(found.meshes, choice.namespace.name));
    case "none":
      return unresolved(noMesh(choice.meshes.length, choice.namespace.name));
    case "found": {
      const { path } = found.mesh;
      const id = `mesh/${path}/${role.kind}/${role.name}`;
      return { kind: "resolved", mesh: path, role, id, object: object && servedObject(role, object), by };
    }
  }
}

export function servedObject({ kind }: Pick<Role, "kind">, { namespace, name }: NodeFacts): ServedObject {
  return kind === "virtualNode"
    ? { kind: "VirtualNode", namespace, name }
    : { kind: "VirtualGateway", namespace, name };
}

type NodeOfPod =
  | {
      readonly kind: "node";
      readonly role: Role;
      readonly object: NodeFacts | undefined;
      readonly by: "annotation" | "selector" | "owner";
    }
  | Extract<ServedIdentity, { kind: "unresolved" }>;

function nodeOf({ claim, nodes, gateways, choice, shared, nameByOwner }: ServedPod): NodeOfPod {
  const membership = podMembership(claim, nodes, gateways);
  if (membership.kind === "ambiguous") {
    return { kind: "unresolved", problem: ambiguousNode(membership.candidates), candidates: membership.candidates };
  }
  if (membership.kind === "found" && membership.by === "selector") {
    const { kind, object } = membership.member;
    return { kind: "node", role: { kind, name: object.awsName }, object, by: "selector" };
  }
  const isNamed = membership.kind === "found";
  const name = isNamed ? membership.name : nameByOwner();
  const usable = parseResourceName(name);
  if (!usable.ok) return unresolved(`the virtual node's name cannot be used: ${usable.problem}`);
  // the naming rule means nobody elsewhere
  const member = nodeNamed(name, claim, { nodes, shared: isNamed ? shared() : [] }, choice);
  const role = { kind: member?.kind ?? "virtualNode", name };
  return { kind: "node", role, object: member?.object, by: isNamed ? "annotation" : "owner" };
}

function unresolved(problem: string): Extract<ServedIdentity, { kind: "unresolved" }> {
  return { kind: "unresolved", problem, candidates: [] };
}
