import { namespaceInName } from "../model/aws-names.ts";
import type { NamedKind } from "../model/kinds.ts";
import type { TypedObject } from "../model/mesh-object.ts";
import { OUTRIGGER_PREFIX } from "../model/names.ts";

/* Who has a name in App Mesh, where several objects claim it. */

/** Annotation of a Mesh: `strict` refuses names that speak of another namespace. */
export const NAMES_KEY = `${OUTRIGGER_PREFIX}names`;

/** Whether a name speaks of a namespace that is there and is not the object's own. */
export function speaksOfAnother(
  kind: NamedKind,
  awsName: string,
  namespace: string,
  exists: (namespace: string) => boolean,
): boolean {
  const spoken = namespaceInName(kind, awsName);
  return spoken !== undefined && spoken !== namespace && exists(spoken);
}

/**
 * Which of the objects that claim one name has it: the one in the namespace that the name speaks of, then the oldest, then the first by
 * namespace and name. Undefined where none may have it.
 */
export function winner(
  kind: NamedKind,
  awsName: string,
  claimants: readonly TypedObject<NamedKind>[],
): TypedObject<NamedKind> | undefined {
  const spoken = namespaceInName(kind, awsName);
  return claimants.toSorted(({ metadata: a }, { metadata: b }) => {
    const home = Number(b.namespace === spoken) - Number(a.namespace === spoken);
    return home || compare(a.created, b.created) || compare(a.namespace, b.namespace) || compare(a.name, b.name);
  })[0];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
