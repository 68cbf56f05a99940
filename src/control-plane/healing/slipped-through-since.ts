import { labelledAt } from "../../cluster/labelled-at.ts";
import type { JsonObject } from "../../model/json.ts";
import { createdAt } from "../../model/object-metadata.ts";

/** As {@link labelledAt}, in milliseconds since 1970; where nothing is recorded, the namespace's own age counts. */
export function labelledSince(namespace: JsonObject): number {
  const recorded = labelledAt(namespace);
  return recorded === undefined ? createdSince(namespace) : Date.parse(recorded);
}

/** As {@link createdAt}, in milliseconds since 1970; 0 when the object does not say. */
export function createdSince(object: JsonObject): number {
  return Date.parse(createdAt(object) ?? "") || 0;
}
