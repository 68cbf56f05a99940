import {
  type MeshChoice,
  type MeshIdentity,
  meshOfPod,
  nameByOwner,
  nearlySelecting,
  nodeNamed,
  type PodClaim,
  podMembership,
} from "../../model/membership.ts";
import type { NodeFacts } from "../../model/mesh-objects.ts";
import { APPMESH_PREFIX } from "../../model/names.ts";
import { workloadName } from "../../model/owner.ts";
import type { PodAnnotations } from "../annotations.ts";
import type { InjectionInput } from "../input.ts";
import type { PodView } from "../pod.ts";
import type { Step, Trace } from "../trace.ts";
import { parseResourceName } from "../values.ts";
import {
  ambiguousMesh,
  ambiguousNode,
  describeCandidate,
  describeNear,
  meshMismatch,
  noMesh,
} from "./identity-texts.ts";
import type { NodeIdentity, Seen } from "./seen.ts";

/** Annotation, else selector, else naming rule; two matches are a denial that names both. */
export function findNode(
  { input, pod, annotations }: Pick<Seen, "input" | "pod" | "annotations">,
  trace: Trace,
): Step<NodeIdentity> {
  const rule = "virtual-node";
  const claim = claimOf(pod, annotations.values);
  const membership = podMembership(claim, input.virtualNodes, input.virtualGateways);
  switch (membership.kind) {
    case "ambiguous":
      return trace.deny(rule, "ambiguous-virtual-node", ambiguousNode(membership.candidates));
    case "none":
      return nodeByOwner(input, claim, trace, rule);
    case "found":
      break;
  }
  if (membership.by === "annotation") {
    const { name } = membership;
    trace.set(rule, `annotation ${APPMESH_PREFIX}virtualNode is ${name}`);
    const shared = input.sharedNodes;
    const member = nodeNamed(name, claim, { nodes: input.virtualNodes, shared }, choiceOf(input));
    if (member !== undefined && member.object.namespace !== input.namespace.name) {
      trace.set(rule, `${describeCandidate(member)} lets pods of namespace ${input.namespace.name} name it`);
    }
    return { found: { role: { kind: member?.kind ?? "virtualNode", name }, object: member?.object } };
  }
  const { kind, object } = membership.member;
  trace.set(rule, `${describeCandidate(membership.member)} matches the pod's labels`);
  return { found: { role: { kind, name: object.awsName }, object } };
}

function claimOf({ labels }: PodView, { virtualNode, mesh }: PodAnnotations): PodClaim {
  return { labels, virtualNode, mesh };
}

function choiceOf({ meshes, namespace, configuration }: InjectionInput): MeshChoice {
  return { meshes, namespace, standard: configuration.meshName, accountId: configuration.accountId };
}

/** A node of the namespace that has the name of a pod's owner, which nobody asked for elsewhere. Its listeners tell the ports. */
function named(input: InjectionInput, claim: PodClaim, name: string): NodeFacts | undefined {
  return nodeNamed(name, claim, { nodes: input.virtualNodes, shared: [] }, choiceOf(input))?.object;
}

/** Who all but selects the pod, a sentence for each. */
function nearly({ virtualNodes, virtualGateways }: InjectionInput, { labels }: PodClaim): readonly string[] {
  return nearlySelecting(labels, virtualNodes, virtualGateways).map(describeNear);
}

function nodeByOwner(input: InjectionInput, claim: PodClaim, trace: Trace, rule: string): Step<NodeIdentity> {
  const looked = `none of the ${input.virtualNodes.length} VirtualNodes and ${input.virtualGateways.length} VirtualGateways in namespace ${input.namespace.name} selects this pod`;
  const advice = `create one whose podSelector matches the pod's labels, or set the annotation ${APPMESH_PREFIX}virtualNode`;
  const refusal = (setting: "deny" | "skip"): string =>
    `${[looked, ...nearly(input, claim), advice].join("; ")} (setting onMissingVirtualNode: ${setting})`;
  switch (input.configuration.onMissingVirtualNode) {
    case "deny":
      return trace.deny(rule, "missing-virtual-node", refusal("deny"));
    case "skip":
      return trace.skip(rule, "no-virtual-node", refusal("skip"));
    case "passthrough":
      break;
  }
  const workload = workloadName(input.pod, input.owner);
  if (workload === undefined) {
    return trace.deny(
      rule,
      "bad-pod",
      `${looked}, and neither the pod nor its owner has a name or a generateName to call its node by; ${advice}`,
    );
  }
  if (workload.warning !== undefined) trace.warn("owner", workload.warning);
  else trace.set("owner", workload.origin);
  const name = nameByOwner(input.configuration.virtualNodeNaming, input.namespace.name, workload.name);
  const problem = parseResourceName(name);
  if (!problem.ok) {
    return trace.deny(
      rule,
      "bad-pod",
      `the virtual node's name by its owner cannot be used: ${problem.problem}; ${advice}`,
    );
  }
  trace.set(rule, `${looked}: named ${name} after ${workload.origin} (${input.configuration.virtualNodeNaming})`);
  const object = named(input, claim, name);
  if (object === undefined) for (const sentence of nearly(input, claim)) trace.warn(rule, sentence);
  return { found: { role: { kind: "virtualNode", name }, object } };
}

/** Annotation, else the matched node's mesh, else the configured one, else the one mesh that selects the namespace. */
export function findMesh(
  { input, pod, annotations: { values }, node }: Pick<Seen, "input" | "pod" | "annotations" | "node">,
  trace: Trace,
): Step<MeshIdentity> {
  const rule = "mesh";
  const { namespace, meshes } = input;
  const found = meshOfPod(claimOf(pod, values), node.object, choiceOf(input));
  switch (found.kind) {
    case "mismatch":
      return trace.deny(rule, "mesh-mismatch", meshMismatch(found, node.role));
    case "ambiguous":
      return trace.deny(rule, "ambiguous-mesh", ambiguousMesh(found.meshes, namespace.name));
    case "none":
      return trace.deny(rule, "no-mesh", noMesh(meshes.length, namespace.name));
    case "found":
      break;
  }
  switch (found.by) {
    case "annotation":
      trace.set(rule, `annotation ${APPMESH_PREFIX}mesh is ${values.mesh}`);
      break;
    case "node":
      trace.set(rule, `virtual node ${node.role.name} belongs to mesh ${found.mesh.name}`);
      break;
    case "configuration":
      trace.set(rule, `the configured mesh is ${found.mesh.name}`);
      break;
    case "namespace":
      trace.set(rule, `Mesh ${found.object.name} is the one that selects namespace ${namespace.name}`);
      break;
  }
  return { found: found.mesh };
}
