import { RESOURCES } from "../../cluster/resources.ts";
import { nearestName } from "../../config/nearest.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { type JsonObject, member } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { type NamespaceState, namespaceState } from "../facts/namespace-state.ts";
import type { Reading } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** All namespaces but those that are being deleted, in which nothing can be created any more; or the `only` one, whatever its state. */
export async function readNamespaces(reads: ClusterReads, only?: string): Promise<Reading<readonly NamespaceState[]>> {
  const { path, content } = RESOURCES.namespaces;
  const isMeant = (object: JsonObject): boolean =>
    only === undefined ? member(object.metadata, "deletionTimestamp") === undefined : nameOf(object) === only;
  const found = await reads.list(path, content, (object) => (isMeant(object) ? namespaceState(object) : undefined));
  return only !== undefined && found.kind === "read" && found.value.length === 0 ? { kind: "absent" } : found;
}

/**
 * Throws KubeError `no-such-name` where the one namespace that was asked for does not exist: whatever else was said would mislead. Of the `known`
 * ones the nearest is named.
 */
export function refuseAbsent(
  namespaces: Reading<unknown>,
  name: string | undefined,
  known: readonly string[] = [],
): void {
  if (name === undefined || namespaces.kind !== "absent") return;
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "kubectl get namespaces lists those that there are" : `did you mean ${nearest}?`;
  throw new KubeError("no-such-name", `there is no namespace ${name}: ${hint}`);
}
