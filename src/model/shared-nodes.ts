import { namespaceInName } from "./aws-names.ts";
import { type Candidate, meshesSelecting, meshOfObject, type NamespaceLabels } from "./membership.ts";
import type { MeshFacts, NodeFacts } from "./mesh-objects.ts";
import { isSharedWith } from "./shared-namespaces.ts";

/** What there is to share among namespaces: all nodes and gateways that say so, and what the cluster knows of them. */
export interface Sharing {
  readonly candidates: readonly Candidate<NodeFacts>[];
  readonly meshes: readonly MeshFacts[];
  readonly labelsOf: (namespace: string) => NamespaceLabels["labels"];
}

/**
 * The nodes and gateways of other namespaces that pods of a namespace may name: those that say so, and whose Mesh selects the namespace,
 * so that nobody joins a mesh that does not want them. Each with its mesh filled in, as its own namespace decides it. Nobody shares a name
 * that speaks of the namespace that asks; of two with one name the one counts whose namespace the name speaks of, then the first by namespace.
 */
export function sharedNodes(
  namespace: NamespaceLabels,
  { candidates, meshes, labelsOf }: Sharing,
): readonly Candidate<NodeFacts>[] {
  const shared = candidates.flatMap((candidate): readonly Candidate<NodeFacts>[] => {
    const { object } = candidate;
    if (object.namespace === namespace.name || !isSharedWith(object.sharedWith ?? [], namespace.name)) return [];
    const home = { name: object.namespace, labels: labelsOf(object.namespace) };
    const reference = object.meshRef === undefined ? undefined : { name: object.meshRef };
    // who writes a reference into a namespace that no Mesh selects has joined nothing
    const membership = meshOfObject(reference, false, meshes, home);
    if (spokenOf(candidate) === namespace.name) return [];
    if (membership.kind !== "found" || meshesSelecting([membership.object], namespace).length === 0) return [];
    return [{ ...candidate, object: { ...object, meshRef: membership.object.name } }];
  });
  return shared.toSorted(
    (a, b) => Number(isAtHome(b)) - Number(isAtHome(a)) || (a.object.namespace < b.object.namespace ? -1 : 1),
  );
}

/** The namespace that the name speaks of, such as `shop` of `web_shop`. */
function spokenOf({ kind, object }: Candidate<NodeFacts>): string | undefined {
  return namespaceInName(kind === "virtualNode" ? "VirtualNode" : "VirtualGateway", object.awsName);
}

function isAtHome(candidate: Candidate<NodeFacts>): boolean {
  return spokenOf(candidate) === candidate.object.namespace;
}
