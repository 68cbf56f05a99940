import { labelledAt } from "../../cluster/labelled-at.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";

/** As {@link labelledAt}, in milliseconds since 1970; where nothing is recorded, the namespace's own age counts. */
export function labelledSince(namespace: JsonObject): number {
  const recorded = labelledAt(namespace);
  return recorded === undefined ? createdAt(namespace) : Date.parse(recorded);
}

/** When an object was made, in milliseconds since 1970; 0 when it does not say. */
export function createdAt(object: JsonObject): number {
  return Date.parse(stringOf(member(member(object, "metadata"), "creationTimestamp")) ?? "") || 0;
}
