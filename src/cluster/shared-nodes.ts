import type { Candidate, NamespaceLabels } from "../model/membership.ts";
import type { NodeFacts } from "../model/mesh-objects.ts";
import { sharedNodes } from "../model/shared-nodes.ts";
import type { InjectionCaches } from "./caches.ts";

/** Nodes and gateways that are shared with any namespace: there are few of them, if any, and every pod asks. */
interface Sharing {
  readonly versions: string;
  readonly candidates: readonly Candidate<NodeFacts>[];
}

const KNOWN = new WeakMap<InjectionCaches, Sharing>();

/** The nodes and gateways of other namespaces that pods of a namespace may name, from what the caches know now. */
export function sharedNodesOf(caches: InjectionCaches, namespace: NamespaceLabels): readonly Candidate<NodeFacts>[] {
  const candidates = sharing(caches);
  if (candidates.length === 0) return candidates;
  const labelsOf = (name: string) => caches.namespaces.cache.get("", name)?.labels ?? {};
  return sharedNodes(namespace, { candidates, meshes: caches.meshes.cache.list(""), labelsOf });
}

/** Looked for again only when a node or a gateway changed. */
function sharing(caches: InjectionCaches): readonly Candidate<NodeFacts>[] {
  const nodes = caches.virtualNodes.cache;
  const gateways = caches.virtualGateways.cache;
  const versions = `${nodes.version} ${gateways.version}`;
  const known = KNOWN.get(caches);
  if (known?.versions === versions) return known.candidates;
  const candidates: readonly Candidate<NodeFacts>[] = [
    ...[...nodes.all()].filter(isShared).map((object) => ({ kind: "virtualNode", object }) as const),
    ...[...gateways.all()].filter(isShared).map((object) => ({ kind: "virtualGateway", object }) as const),
  ];
  KNOWN.set(caches, { versions, candidates });
  return candidates;
}

function isShared({ sharedWith }: NodeFacts): boolean {
  return sharedWith !== undefined;
}
