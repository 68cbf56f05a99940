import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { INJECT_KEY } from "../model/names.ts";

/**
 * Since when a namespace's label has had its value, in milliseconds since 1970: never too early, but too late where the one who
 * set it changed something else since. Who set what, and when, is in `metadata.managedFields`
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management); without them the namespace's own age counts.
 */
export function labelledSince(namespace: JsonObject): number {
  const metadata = member(namespace, "metadata");
  const times = objectsOf(member(metadata, "managedFields"))
    .filter((entry) => ownsLabel(entry))
    .map((entry) => Date.parse(stringOf(entry["time"]) ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length > 0 ? Math.min(...times) : createdAt(namespace);
}

/** When an object was made, in milliseconds since 1970; 0 when it does not say. */
export function createdAt(object: JsonObject): number {
  return Date.parse(stringOf(member(member(object, "metadata"), "creationTimestamp")) ?? "") || 0;
}

function ownsLabel(entry: JsonObject): boolean {
  const labels = member(member(member(entry, "fieldsV1"), "f:metadata"), "f:labels");
  return member(labels, `f:${INJECT_KEY}`) !== undefined;
}
