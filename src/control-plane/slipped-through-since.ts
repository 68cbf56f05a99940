import { labelTimes } from "../kube/label-times.ts";
import { type JsonObject, member, stringOf } from "../model/json.ts";

/**
 * Since when a namespace's label has had its value, in milliseconds since 1970: never too early, but too late where the one who
 * set it changed something else since. Where nothing is recorded, the namespace's own age counts.
 */
export function labelledSince(namespace: JsonObject): number {
  const times = labelTimes(namespace)
    .map((time) => Date.parse(time))
    .filter((time) => !Number.isNaN(time));
  return times.length > 0 ? Math.min(...times) : createdAt(namespace);
}

/** When an object was made, in milliseconds since 1970; 0 when it does not say. */
export function createdAt(object: JsonObject): number {
  return Date.parse(stringOf(member(member(object, "metadata"), "creationTimestamp")) ?? "") || 0;
}
