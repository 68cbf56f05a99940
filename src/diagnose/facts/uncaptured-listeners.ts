import type { MeshContents } from "../../answers/mesh-contents.ts";
import { keyOf } from "../../model/mesh-object.ts";
import type { PodState } from "./pod-state.ts";

/** A listener's port that pods of its node do not redirect to their sidecars: whoever calls it meets no Envoy, and perhaps nobody. */
export interface UncapturedListener {
  /** As people refer to it, such as `VirtualNode shop/web`. */
  readonly node: string;
  readonly port: number;
  /** What these pods redirect instead, such as `9090, 8000:8010`; empty: nothing. */
  readonly captured: string;
  /** Names of the pods. */
  readonly pods: readonly string[];
}

/** Those of the running pods. A gateway's pods redirect nothing; of pods that do not say what they redirect nothing is said. */
export function uncapturedListeners(
  { objects }: MeshContents,
  pods: readonly PodState[],
): readonly UncapturedListener[] {
  const listeners = new Map(
    objects.flatMap((parsed) => {
      if (parsed.kind !== "parsed" || parsed.object.kind !== "VirtualNode") return [];
      const { kind, metadata, spec } = parsed.object;
      const ports = (spec.listeners ?? []).map(({ portMapping }) => portMapping.port);
      return [[keyOf({ kind, namespace: metadata.namespace, name: metadata.name }), ports] as const];
    }),
  );
  const found = pods.flatMap(({ name, node, capture }) => {
    if (node.kind !== "node" || capture === undefined) return [];
    const ports = listeners.get(keyOf(node.object)) ?? [];
    const isCaptured = (port: number) => capture.ports.some(({ first, last }) => first <= port && port <= last);
    const captured = capture.ports
      .map(({ first, last }) => (first === last ? `${first}` : `${first}:${last}`))
      .join(", ");
    const of = `${node.object.kind} ${node.object.namespace}/${node.object.name}`;
    return ports.filter((port) => !isCaptured(port)).map((port) => ({ node: of, port, captured, name }));
  });
  const groups = Map.groupBy(found, ({ node, port, captured }) => `${node} ${port} ${captured}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { node, port, captured } = first;
    return [{ node, port, captured, pods: group.map(({ name }) => name) }];
  });
}
