import type { NamespaceFacts } from "../inject/input.ts";
import { labelTimes } from "../kube/label-times.ts";
import { namespaceMetadata, RESOURCES } from "../kube/resources.ts";
import { type JsonObject, member } from "../model/json.ts";
import { EXCLUDED_NAMESPACES, INJECT_KEY } from "../model/names.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { createdAt, nameOf } from "./paths.ts";
import type { Reading } from "./reading.ts";

/** A namespace with its labels and when injection was switched on in it. */
export interface NamespaceState extends NamespaceFacts {
  /** When the label was last set, as far as the API server recorded it; RFC 3339 in UTC. */
  readonly labelledAt: string;
}

/** Without those that are being deleted: nothing can be created there any more. */
export function readNamespaces(reads: ClusterReads): Promise<Reading<readonly NamespaceState[]>> {
  const { path, content } = RESOURCES.namespaces;
  return reads.list(path, content, (object) =>
    member(object.metadata, "deletionTimestamp") === undefined ? namespaceState(object) : undefined,
  );
}

export function namespaceState(object: JsonObject): NamespaceState {
  return { name: nameOf(object), ...namespaceMetadata(object), labelledAt: labelledAt(object) };
}

/** The earliest time of those who own the label; where nothing is recorded, the namespace's own age counts. */
function labelledAt(namespace: JsonObject): string {
  return labelTimes(namespace).toSorted()[0] ?? createdAt(namespace);
}

/** Whether the API server tells the injector about some pods of this namespace. */
export function takesPart({ name, labels }: NamespaceFacts): boolean {
  const label = labels[INJECT_KEY];
  return (label === "enabled" || label === "disabled") && !EXCLUDED_NAMESPACES.includes(name);
}
