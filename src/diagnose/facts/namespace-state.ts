import { labelledAt } from "../../cluster/labelled-at.ts";
import { namespaceMetadata } from "../../cluster/resources.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import type { JsonObject } from "../../model/json.ts";
import { EXCLUDED_NAMESPACES, INJECT_KEY } from "../../model/names.ts";
import { createdAt, nameOf } from "../../model/object-metadata.ts";

/** A namespace with its labels and when injection was switched on in it. */
export interface NamespaceState extends NamespaceFacts {
  /** Since when the label has had its value; where that is not recorded, the namespace's own age. RFC 3339 in UTC. */
  readonly labelledAt: string;
}

/** What is kept of a Namespace object. */
export function namespaceState(object: JsonObject): NamespaceState {
  return {
    name: nameOf(object),
    ...namespaceMetadata(object),
    labelledAt: labelledAt(object) ?? createdAt(object) ?? "",
  };
}

/** Whether the API server tells the injector about some pods of this namespace. */
export function takesPart({ name, labels }: NamespaceFacts): boolean {
  const label = labels[INJECT_KEY];
  return (label === "enabled" || label === "disabled") && !EXCLUDED_NAMESPACES.includes(name);
}
