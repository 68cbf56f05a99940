import type { InjectionCaches } from "../../cluster/caches.ts";
import { cachedWorkload, knownOwner } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { sharedNodesOf } from "../../cluster/shared-nodes.ts";
import type { Configuration } from "../../config/schema.ts";
import type { ViewRef } from "../../graph/graph.ts";
import { readAnnotations } from "../../inject/annotations.ts";
import { ambiguousMesh, ambiguousNode, meshMismatch, noMesh } from "../../inject/rules/identity-texts.ts";
import { parseResourceName } from "../../inject/values.ts";
import type { OwnerFacts } from "../../model/facts.ts";
import {
  type MeshChoice,
  meshOfPod,
  nameByOwner,
  nodeNamed,
  type PodClaim,
  podMembership,
  type Role,
} from "../../model/membership.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import { metadataAsSent, workloadName } from "../../model/owner.ts";

/** Which node of which mesh a pod is, or why nobody can say. */
export type PodIdentity =
  | {
      readonly kind: "resolved";
      /** With `@owner` for a mesh of another account. */
      readonly mesh: string;
      readonly role: Role;
      /** `mesh/<mesh>/virtualNode/<name>`, as the sidecar's node id should be. */
      readonly id: string;
      /** The object of that name; undefined while there is none. */
      readonly object: ViewRef | undefined;
    }
  | {
      readonly kind: "unresolved";
      readonly problem: string;
      /** Of several that select it, the one that it was injected as. */
      readonly injectedAs: ViewRef | undefined;
    };

/**
 * The virtual node of a pod: by its annotation, else by selector, else by the naming rule, from what the caches know now. The
 * rules are those of injection; a pod without a VirtualNode is a node of its own name here, whatever injection would have said.
 */
export function podIdentity(pod: PodSummary, caches: InjectionCaches, configuration: Configuration): PodIdentity {
  const { namespace, labels, annotations } = pod;
  const { virtualNode, mesh } = readAnnotations({ metadata: { annotations } }).values;
  const claim: PodClaim = { labels, virtualNode, mesh };
  const meshes = caches.meshes.cache.list("");
  const choice: MeshChoice = {
    meshes,
    namespace: { name: namespace, labels: caches.namespaces.cache.get("", namespace)?.labels ?? {} },
    standard: configuration.meshName,
    accountId: configuration.accountId,
  };
  const node = nodeOf(pod, claim, caches, choice, configuration);
  if (node.kind === "unresolved") return node;
  const { role, object } = node;
  const found = meshOfPod(claim, object, choice);
  switch (found.kind) {
    case "mismatch":
      return unresolved(meshMismatch(found, role));
    case "ambiguous":
      return unresolved(ambiguousMesh(found.meshes, namespace));
    case "none":
      return unresolved(noMesh(meshes.length, namespace));
    case "found": {
      const { path } = found.mesh;
      return {
        kind: "resolved",
        mesh: path,
        role,
        id: `mesh/${path}/${role.kind}/${role.name}`,
        object: refOf(role, object),
      };
    }
  }
}

function unresolved(problem: string, injectedAs?: ViewRef): Extract<PodIdentity, { kind: "unresolved" }> {
  return { kind: "unresolved", problem, injectedAs };
}

function refOf({ kind }: Pick<Role, "kind">, object: NodeFacts | undefined): ViewRef | undefined {
  if (object === undefined) return undefined;
  const { namespace, name } = object;
  return { kind: kind === "virtualNode" ? "VirtualNode" : "VirtualGateway", namespace, name };
}

type NodeOfPod =
  | { readonly kind: "node"; readonly role: Role; readonly object: NodeFacts | undefined }
  | Extract<PodIdentity, { kind: "unresolved" }>;

function nodeOf(
  pod: PodSummary,
  claim: PodClaim,
  caches: InjectionCaches,
  choice: MeshChoice,
  configuration: Configuration,
): NodeOfPod {
  const { namespace } = pod;
  const nodes = caches.virtualNodes.cache.list(namespace);
  const membership = podMembership(claim, nodes, caches.virtualGateways.cache.list(namespace));
  if (membership.kind === "ambiguous") {
    const { candidates } = membership;
    const one = candidates.find(({ kind, object }) => pod.injectedAs.endsWith(`/${kind}/${object.awsName}`));
    return unresolved(ambiguousNode(candidates), one && refOf(one, one.object));
  }
  if (membership.kind === "found" && membership.by === "selector") {
    const { kind, object } = membership.member;
    return { kind: "node", role: { kind, name: object.awsName }, object };
  }
  const name = membership.kind === "found" ? membership.name : nameOfOwner(pod, caches, configuration);
  const usable = parseResourceName(name);
  if (!usable.ok) return unresolved(`the virtual node's name cannot be used: ${usable.problem}`);
  // the naming rule means nobody elsewhere
  const shared = membership.kind === "found" ? sharedNodesOf(caches, choice.namespace) : [];
  const member = nodeNamed(name, claim, { nodes, shared }, choice);
  return { kind: "node", role: { kind: member?.kind ?? "virtualNode", name }, object: member?.object };
}

/** As when the pod was injected: before a generated name was made. A pod that is there has a name. */
function nameOfOwner(pod: PodSummary, caches: InjectionCaches, configuration: Configuration): string {
  const { name, namespace, labels, generateName } = pod;
  const metadata = { ...metadataAsSent({ name, generateName }), labels };
  const workload = workloadName({ metadata }, ownerOf(pod, caches))?.name ?? name;
  return nameByOwner(configuration.virtualNodeNaming, namespace, workload);
}

function ownerOf({ controller, namespace }: PodSummary, caches: InjectionCaches): OwnerFacts {
  return knownOwner(controller, (direct) => cachedWorkload(caches, namespace, direct), "it is not known yet");
}
