import type { MeshFacts, NodeFacts } from "./mesh-objects.ts";
import { nearSelection } from "./near-selection.ts";
import { type LabelSelector, selectorMatches } from "./selector.ts";

/*
 * Who belongs to whom: pods to nodes and gateways, objects to meshes, routes to gateways. Pure facts, without a word for people:
 * injection makes its trace and its denials of them, the graph its links and problems.
 */

type Labels = Readonly<Record<string, string>>;

export interface NamespaceLabels {
  readonly name: string;
  readonly labels: Labels;
}

/** What a pod is in its mesh. */
export type Role =
  | { readonly kind: "virtualNode"; readonly name: string }
  | { readonly kind: "virtualGateway"; readonly name: string };

export interface MeshIdentity {
  readonly name: string;
  /** The name as it appears in a resource path: with `@owner` for a mesh of another account. */
  readonly path: string;
}

/** How a node is called after its workload where nothing else names it. */
export type NodeNaming = "namespace-owner" | "owner-namespace" | "owner_namespace";

/** What a pod says of itself, as far as it decides which node it is. */
export interface PodClaim {
  readonly labels: Labels;
  /** Value of the annotation `virtualNode`. */
  readonly virtualNode: string | undefined;
  /** Value of the annotation `mesh`. */
  readonly mesh: string | undefined;
}

/** A VirtualNode or VirtualGateway, as far as pods choose it. */
export interface SelectsPods {
  readonly awsName: string;
  /** Absent selects no pod; an empty one selects every pod of the namespace. */
  readonly podSelector?: LabelSelector | undefined;
}

export type Candidate<N> =
  | { readonly kind: "virtualNode"; readonly object: N }
  | { readonly kind: "virtualGateway"; readonly object: N };

export type PodMembership<N> =
  /** By its annotation, which counts although nobody may have that name (yet): {@link nodeNamed} says who has. */
  | { readonly kind: "found"; readonly by: "annotation"; readonly name: string }
  | { readonly kind: "found"; readonly by: "selector"; readonly member: Candidate<N> }
  | { readonly kind: "ambiguous"; readonly candidates: readonly Candidate<N>[] }
  /** Neither says it itself nor is selected: what it is called then is for the naming rule. */
  | { readonly kind: "none" };

/** Which of the namespace's nodes and gateways a pod is: by its annotation, else by the one that selects it. */
export function podMembership<N extends SelectsPods>(
  pod: PodClaim,
  nodes: readonly N[],
  gateways: readonly N[],
): PodMembership<N> {
  if (pod.virtualNode !== undefined) {
    return { kind: "found", by: "annotation", name: pod.virtualNode };
  }
  const selects = ({ podSelector }: N): boolean =>
    podSelector !== undefined && selectorMatches(podSelector, pod.labels);
  const candidates: readonly Candidate<N>[] = [
    ...nodes.filter(selects).map((object) => ({ kind: "virtualNode", object }) as const),
    ...gateways.filter(selects).map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  const [member, ...others] = candidates;
  if (member === undefined) return { kind: "none" };
  return others.length > 0 ? { kind: "ambiguous", candidates } : { kind: "found", by: "selector", member };
}

/** A node or gateway that nearly selects a pod, and what is between them: a sentence's second half, such as `app=web, which the labels lack`. */
export interface NearCandidate<N> {
  readonly candidate: Candidate<N>;
  readonly wants: string;
}

/** The first few nodes and gateways that all but select a pod that none selects: one of them is usually what was meant. */
export function nearlySelecting<N extends SelectsPods>(
  labels: Labels,
  nodes: readonly N[],
  gateways: readonly N[],
): readonly NearCandidate<N>[] {
  const found: NearCandidate<N>[] = [];
  const candidates = function* (): Generator<Candidate<N>> {
    for (const object of nodes) yield { kind: "virtualNode", object };
    for (const object of gateways) yield { kind: "virtualGateway", object };
  };
  for (const candidate of candidates()) {
    const { podSelector } = candidate.object;
    const wants = podSelector && nearSelection(podSelector, labels);
    if (wants !== undefined && found.push({ candidate, wants }) === NEAR_ONES) break;
  }
  return found;
}

const NEAR_ONES = 2;

/** A virtual node's name by its workload, in the shape that the configuration asks for. */
export function nameByOwner(naming: NodeNaming, namespace: string, workload: string): string {
  switch (naming) {
    case "namespace-owner":
      return `${namespace}-${workload}`;
    case "owner-namespace":
      return `${workload}-${namespace}`;
    case "owner_namespace":
      return `${workload}_${namespace}`;
  }
}

/** What there is to choose a pod's mesh from. */
export interface MeshChoice {
  readonly meshes: readonly MeshFacts[];
  readonly namespace: NamespaceLabels;
  /** The mesh that is configured for pods that say nothing; empty: none. */
  readonly standard: string;
  /** Our own AWS account; empty: none. */
  readonly accountId: string;
}

export type PodMesh =
  /** By its annotation, by the node that it is, by configuration, or as the one that selects its namespace. */
  | { readonly kind: "found"; readonly by: "annotation" | "node" | "configuration"; readonly mesh: MeshIdentity }
  | { readonly kind: "found"; readonly by: "namespace"; readonly mesh: MeshIdentity; readonly object: MeshFacts }
  /** The annotation names another mesh than its node's. */
  | { readonly kind: "mismatch"; readonly annotated: string; readonly ofNode: MeshIdentity }
  | { readonly kind: "ambiguous"; readonly meshes: readonly MeshFacts[] }
  | { readonly kind: "none" };

/** The mesh of a pod that is this node, or a node without an object. */
export function meshOfPod(pod: PodClaim, node: NodeFacts | undefined, choice: MeshChoice): PodMesh {
  const ofNode = node && meshOfNode(node, choice);
  if (pod.mesh !== undefined) {
    if (ofNode !== undefined && ofNode.name !== pod.mesh) return { kind: "mismatch", annotated: pod.mesh, ofNode };
    return { kind: "found", by: "annotation", mesh: ofNode ?? meshNamed(pod.mesh, choice) };
  }
  if (ofNode !== undefined) return { kind: "found", by: "node", mesh: ofNode };
  if (choice.standard !== "") return { kind: "found", by: "configuration", mesh: meshNamed(choice.standard, choice) };
  const meshes = meshesSelecting(choice.meshes, choice.namespace);
  const [object, ...others] = meshes;
  if (object === undefined) return { kind: "none" };
  if (others.length > 0) return { kind: "ambiguous", meshes };
  return { kind: "found", by: "namespace", mesh: meshIdentity(object, choice.accountId), object };
}

/** A node of that name, of a mesh that the pod does not contradict: of the pod's namespace, else one of the shared ones, if any. */
export function nodeNamed(
  name: string,
  pod: PodClaim,
  { nodes, shared }: { readonly nodes: readonly NodeFacts[]; readonly shared: readonly Candidate<NodeFacts>[] },
  choice: MeshChoice,
): Candidate<NodeFacts> | undefined {
  const own = nodes.map((object) => ({ kind: "virtualNode", object }) as const);
  const named = [...own, ...shared].filter(({ object }) => object.awsName === name);
  return named.find(({ object }) => pod.mesh === undefined || meshOfNode(object, choice)?.name === pod.mesh);
}

/** The mesh a node belongs to: its `meshRef`, which whoever wrote it decided, else the one mesh that selects its namespace. */
function meshOfNode(node: NodeFacts, { meshes, namespace, accountId }: MeshChoice): MeshIdentity | undefined {
  const { meshRef } = node;
  const membership = meshOfObject(meshRef === undefined ? undefined : { name: meshRef }, true, meshes, namespace);
  if (membership.kind === "found") return meshIdentity(membership.object, accountId);
  return meshRef === undefined ? undefined : { name: meshRef, path: meshRef };
}

/** A mesh by name: with its owner where the object is known. */
function meshNamed(name: string, { meshes, accountId }: MeshChoice): MeshIdentity {
  const mesh = meshes.find((candidate) => candidate.awsName === name);
  return mesh === undefined ? { name, path: name } : meshIdentity(mesh, accountId);
}

/** A mesh of another AWS account is addressed as `name@owner`; without an account of our own it is just the name. */
export function meshIdentity(
  mesh: { readonly awsName: string; readonly meshOwner?: string | undefined },
  accountId: string,
): MeshIdentity {
  const foreign = mesh.meshOwner !== undefined && accountId !== "" && mesh.meshOwner !== accountId;
  return { name: mesh.awsName, path: foreign ? `${mesh.awsName}@${mesh.meshOwner}` : mesh.awsName };
}

/** A Mesh, as far as namespaces choose it. */
export interface SelectsNamespaces {
  readonly name: string;
  readonly uid?: string;
  /** Absent selects no namespace; an empty one selects all. */
  readonly namespaceSelector?: LabelSelector | undefined;
}

/** The meshes that select a namespace. */
export function meshesSelecting<M extends SelectsNamespaces>(
  meshes: readonly M[],
  namespace: NamespaceLabels,
): readonly M[] {
  return meshes.filter(
    ({ namespaceSelector }) => namespaceSelector !== undefined && selectorMatches(namespaceSelector, namespace.labels),
  );
}

/** A reference that a webhook wrote; the UID is that of the object at the time. */
export interface WrittenReference {
  readonly name: string;
  readonly uid?: string | undefined;
}

export type Membership<T> =
  | { readonly kind: "found"; readonly object: T; readonly by: "reference" | "selector" }
  | { readonly kind: "ambiguous"; readonly candidates: readonly T[] }
  /** The reference names something that would not be written now, and it was not accepted before. */
  | { readonly kind: "mismatch"; readonly candidates: readonly T[] }
  | { readonly kind: "none" };

/**
 * The mesh of an object: the one that selects its namespace. A reference that says the same is as good as none; one that says
 * otherwise counts only where the object was accepted before, so that a changed label re-assigns nothing and nobody joins a mesh that
 * does not select them. Of several meshes it decides.
 */
export function meshOfObject<M extends SelectsNamespaces>(
  reference: WrittenReference | undefined,
  wasAccepted: boolean,
  meshes: readonly M[],
  namespace: NamespaceLabels,
): Membership<M> {
  return chosen(
    reference,
    wasAccepted,
    meshes,
    meshesSelecting(meshes, namespace),
    (mesh, { name }) => mesh.name === name,
  );
}

/** A VirtualGateway, as far as gateway routes choose it. */
export interface SelectsRoutes {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  /** Absent selects no namespace; an empty one selects all. */
  readonly namespaceSelector?: LabelSelector | undefined;
  /** Absent and empty both select all. */
  readonly gatewayRouteSelector?: LabelSelector | undefined;
}

/** The gateway of a route: the one of its mesh that selects both its namespace and its labels; a reference as with meshes. */
export function gatewayOfRoute<G extends SelectsRoutes>(
  route: {
    readonly labels: Labels;
    readonly reference: (WrittenReference & { readonly namespace: string }) | undefined;
  },
  wasAccepted: boolean,
  gateways: readonly G[],
  namespace: NamespaceLabels,
): Membership<G> {
  const selecting = gateways.filter(
    ({ namespaceSelector, gatewayRouteSelector }) =>
      namespaceSelector !== undefined &&
      selectorMatches(namespaceSelector, namespace.labels) &&
      (gatewayRouteSelector === undefined || selectorMatches(gatewayRouteSelector, route.labels)),
  );
  return chosen(
    route.reference,
    wasAccepted,
    gateways,
    selecting,
    (gateway, reference) => gateway.name === reference.name && gateway.namespace === reference.namespace,
  );
}

function chosen<T, R extends WrittenReference>(
  reference: R | undefined,
  wasAccepted: boolean,
  all: readonly T[],
  selecting: readonly T[],
  isNamed: (object: T, reference: R) => boolean,
): Membership<T> {
  if (reference !== undefined) {
    const named = all.find((object) => isNamed(object, reference));
    if (named !== undefined && (wasAccepted || selecting.includes(named))) {
      return { kind: "found", object: named, by: "reference" };
    }
    return { kind: "mismatch", candidates: selecting };
  }
  const [object, ...others] = selecting;
  if (object === undefined) return { kind: "none" };
  return others.length > 0 ? { kind: "ambiguous", candidates: selecting } : { kind: "found", object, by: "selector" };
}
