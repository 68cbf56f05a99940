import type { MeshContents } from "../../answers/mesh-contents.ts";
import { selectingMeshes } from "../../answers/mode-change.ts";
import { selectorOf } from "../../graph/label-selector.ts";
import type { JsonObject } from "../../model/json.ts";
import { member, stringMapOf, stringOf } from "../../model/json.ts";
import { meshesSelecting } from "../../model/membership.ts";
import { EXCLUDED_NAMESPACES, RECORD_KEY } from "../../model/names.ts";
import { type LabelSelector, selectorMatches } from "../../model/selector.ts";
import { takesPart } from "./namespace-state.ts";

/** A VirtualNode or VirtualGateway that selects pods. */
export interface SelectingNode {
  readonly kind: "VirtualNode" | "VirtualGateway";
  readonly namespace: string;
  readonly name: string;
  readonly selector: LabelSelector;
}

/** A namespace that is in a Mesh and where nobody asks the injector, with the pods that were to be nodes. */
export interface UnlabelledNamespace {
  readonly name: string;
  /** Name of the Mesh that selects it. */
  readonly mesh: string;
  /** Running pods that a node selects and that have no sidecar. */
  readonly bare: number;
}

export function selectingNodes({ objects }: MeshContents): readonly SelectingNode[] {
  return objects.flatMap((parsed): readonly SelectingNode[] => {
    if (parsed.kind !== "parsed") return [];
    const { kind, metadata, spec } = parsed.object;
    if (kind !== "VirtualNode" && kind !== "VirtualGateway") return [];
    const selector = selectorOf(spec.podSelector);
    return selector === undefined ? [] : [{ kind, namespace: metadata.namespace, name: metadata.name, selector }];
  });
}

/** The namespaces that a Mesh selects, with nodes that select pods, and without the label by which pods get sidecars. */
export function namespacesWithoutLabel(contents: MeshContents): readonly Omit<UnlabelledNamespace, "bare">[] {
  const withNodes = new Set(selectingNodes(contents).map(({ namespace }) => namespace));
  const meshes = selectingMeshes(contents.objects);
  return contents.namespaces.flatMap((namespace) => {
    const { name } = namespace;
    const [mesh] = meshesSelecting(meshes, namespace);
    if (mesh === undefined || !withNodes.has(name) || takesPart(namespace) || EXCLUDED_NAMESPACES.includes(name))
      return [];
    return [{ name, mesh: mesh.name }];
  });
}

/** Whether a pod is to be a node and has no sidecar, by its metadata; what has ended is soon gone, and cannot be told by that. */
export function isBareMember(pod: JsonObject, nodes: readonly SelectingNode[]): boolean {
  const { metadata } = pod;
  if (member(metadata, "deletionTimestamp") !== undefined) return false;
  if (Object.hasOwn(stringMapOf(member(metadata, "annotations")), RECORD_KEY)) return false;
  const [namespace, labels] = [stringOf(member(metadata, "namespace")), stringMapOf(member(metadata, "labels"))];
  return nodes.some((node) => node.namespace === namespace && selectorMatches(node.selector, labels));
}
