import type { NodeFacts } from "../model/mesh-objects.ts";
import { APPMESH_PREFIX } from "../model/names.ts";
import { workloadName } from "../model/owner.ts";
import type { PodAnnotations } from "./annotations.ts";
import type { MeshIdentity, Role } from "./decision.ts";
import type { InjectionInput } from "./input.ts";
import type { PodView } from "./pod.ts";
import type { Ending, Trace } from "./trace.ts";
import { parseResourceName } from "./values.ts";
import { describeNode, matchingNodes, meshesOf, meshIdentity, meshOfNode, nodeName } from "./virtual-node.ts";

/** Which virtual node or gateway the pod is, and the object behind it where there is one. */
export interface NodeIdentity {
  readonly role: Role;
  readonly object: NodeFacts | undefined;
}

type Found<T> = { readonly found: T } | { readonly ending: Ending };

/** Annotation, else selector, else naming rule; two matches are a denial that names both. */
export function findNode(
  input: InjectionInput,
  pod: PodView,
  annotations: PodAnnotations,
  trace: Trace,
): Found<NodeIdentity> {
  const rule = "virtual-node";
  if (annotations.virtualNode !== undefined) {
    const name = annotations.virtualNode;
    trace.set(rule, `annotation ${APPMESH_PREFIX}virtualNode is ${name}`);
    return { found: { role: { kind: "virtualNode", name }, object: namedNode(input, annotations, name) } };
  }
  const nodes = matchingNodes(input.virtualNodes, pod.labels);
  const gateways = matchingNodes(input.virtualGateways, pod.labels);
  const matches = [
    ...nodes.map((node) => describeNode("VirtualNode", node)),
    ...gateways.map((node) => describeNode("VirtualGateway", node)),
  ];
  if (matches.length > 1) {
    return {
      ending: trace.deny(
        rule,
        "ambiguous-virtual-node",
        `${matches.length} objects select this pod: ${matches.join(" and ")}; change their podSelectors so that one is left, or set the annotation ${APPMESH_PREFIX}virtualNode`,
      ),
    };
  }
  const [gateway] = gateways;
  if (gateway !== undefined) {
    trace.set(rule, `${matches[0]} matches the pod's labels`);
    return { found: { role: { kind: "virtualGateway", name: gateway.awsName }, object: gateway } };
  }
  const [node] = nodes;
  if (node !== undefined) {
    trace.set(rule, `${matches[0]} matches the pod's labels`);
    return { found: { role: { kind: "virtualNode", name: node.awsName }, object: node } };
  }
  return nodeByOwner(input, annotations, trace, rule);
}

function nodeByOwner(
  input: InjectionInput,
  annotations: PodAnnotations,
  trace: Trace,
  rule: string,
): Found<NodeIdentity> {
  const looked = `none of the ${input.virtualNodes.length} VirtualNodes and ${input.virtualGateways.length} VirtualGateways in namespace ${input.namespace.name} selects this pod`;
  const advice = `create one whose podSelector matches the pod's labels, or set the annotation ${APPMESH_PREFIX}virtualNode`;
  switch (input.configuration.onMissingVirtualNode) {
    case "deny":
      return {
        ending: trace.deny(rule, "missing-virtual-node", `${looked}; ${advice} (setting onMissingVirtualNode: deny)`),
      };
    case "skip":
      return {
        ending: trace.skip(rule, "no-virtual-node", `${looked}; ${advice} (setting onMissingVirtualNode: skip)`),
      };
    case "passthrough":
      break;
  }
  const workload = workloadName(input.pod, input.owner);
  if (workload === undefined) {
    return {
      ending: trace.deny(
        rule,
        "bad-pod",
        `${looked}, and neither the pod nor its owner has a name or a generateName to call its node by; ${advice}`,
      ),
    };
  }
  if (workload.warning !== undefined) trace.warn("owner", workload.warning);
  else trace.set("owner", workload.origin);
  const name = nodeName(input.configuration.virtualNodeNaming, input.namespace.name, workload.name);
  const problem = parseResourceName(name);
  if (!problem.ok) {
    return {
      ending: trace.deny(
        rule,
        "bad-pod",
        `the virtual node's name by its owner cannot be used: ${problem.problem}; ${advice}`,
      ),
    };
  }
  trace.set(rule, `${looked}: named ${name} after ${workload.origin} (${input.configuration.virtualNodeNaming})`);
  return { found: { role: { kind: "virtualNode", name }, object: namedNode(input, annotations, name) } };
}

/** A node that carries the name, of a mesh that the pod does not contradict: its listeners tell the ports. */
function namedNode(input: InjectionInput, annotations: PodAnnotations, name: string): NodeFacts | undefined {
  const node = input.virtualNodes.find((candidate) => candidate.awsName === name);
  if (node === undefined || annotations.mesh === undefined) return node;
  const mesh = meshOfNode(node, input.meshes, input.namespace, input.configuration.accountId);
  return mesh?.name === annotations.mesh ? node : undefined;
}

/** Annotation, else the matched node's mesh, else the configured one, else the one mesh that selects the namespace. */
export function findMesh(
  input: InjectionInput,
  annotations: PodAnnotations,
  node: NodeIdentity,
  trace: Trace,
): Found<MeshIdentity> {
  const rule = "mesh";
  const { accountId, meshName } = input.configuration;
  const ofNode = node.object && meshOfNode(node.object, input.meshes, input.namespace, accountId);
  if (annotations.mesh !== undefined) {
    if (ofNode !== undefined && ofNode.name !== annotations.mesh) {
      return {
        ending: trace.deny(
          rule,
          "mesh-mismatch",
          `annotation ${APPMESH_PREFIX}mesh is ${annotations.mesh}, but the pod is virtual node ${node.role.name} of mesh ${ofNode.name}; remove the annotation or correct one of the two`,
        ),
      };
    }
    trace.set(rule, `annotation ${APPMESH_PREFIX}mesh is ${annotations.mesh}`);
    return { found: ofNode ?? known(input, annotations.mesh) };
  }
  if (ofNode !== undefined) {
    trace.set(rule, `virtual node ${node.role.name} belongs to mesh ${ofNode.name}`);
    return { found: ofNode };
  }
  if (meshName !== "") {
    trace.set(rule, `the configured mesh is ${meshName}`);
    return { found: known(input, meshName) };
  }
  return meshOfNamespace(input, trace, rule);
}

function meshOfNamespace(input: InjectionInput, trace: Trace, rule: string): Found<MeshIdentity> {
  const selecting = meshesOf(input.meshes, input.namespace);
  const [only] = selecting;
  if (selecting.length > 1) {
    return {
      ending: trace.deny(
        rule,
        "ambiguous-mesh",
        `${selecting.length} Meshes select namespace ${input.namespace.name}: ${selecting.map((mesh) => mesh.name).join(" and ")}; set the annotation ${APPMESH_PREFIX}mesh, or change their namespaceSelectors`,
      ),
    };
  }
  if (only !== undefined) {
    trace.set(rule, `Mesh ${only.name} is the one that selects namespace ${input.namespace.name}`);
    return { found: meshIdentity(only, input.configuration.accountId) };
  }
  return {
    ending: trace.deny(
      rule,
      "no-mesh",
      `no mesh for this pod: it has no annotation ${APPMESH_PREFIX}mesh, no matching VirtualNode names one, no default is configured (MESH_NAME), and none of the ${input.meshes.length} Meshes selects namespace ${input.namespace.name}; set one of these`,
    ),
  };
}

/** A mesh by name: with its owner where the object is known. */
function known(input: InjectionInput, name: string): MeshIdentity {
  const mesh = input.meshes.find((candidate) => candidate.awsName === name);
  return mesh === undefined ? { name, path: name } : meshIdentity(mesh, input.configuration.accountId);
}
