import { isObject, type Json, type JsonObject, jsonIn, member, stringMapOf, stringOf } from "../model/json.ts";

/** kubectl's copy of what it applied last. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * What `kubectl apply` of an object of a custom resource makes of the live one: what is given counts, lists as a whole; what is not given goes
 * where it was applied before, and stays where somebody else wrote it (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/).
 * What an API server decides (UID, status) is the live object's.
 */
export function appliedObject(live: JsonObject, given: JsonObject): JsonObject {
  const annotations = stringMapOf(member(live.metadata, "annotations"));
  const last = jsonIn(annotations[LAST_APPLIED] ?? "");
  const { status: _, ...written } = given;
  const merged = merge(live, written, isObject(last) ? last : {});
  const metadata = isObject(merged.metadata) ? merged.metadata : {};
  const own = ["name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion"] as const;
  const kept = own.flatMap((field) => {
    const value = stringOf(member(live.metadata, field)) ?? member(live.metadata, field);
    return value === undefined ? [] : [[field, value] as const];
  });
  return { ...merged, metadata: { ...metadata, ...Object.fromEntries(kept) } };
}

function merge(live: JsonObject, given: JsonObject, last: JsonObject): JsonObject {
  const keys = new Set([...Object.keys(live), ...Object.keys(given)]);
  const entries = [...keys].flatMap((key): readonly (readonly [string, Json])[] => {
    const [now, wanted, before] = [live[key], given[key], last[key]];
    if (wanted === undefined) return now === undefined || before !== undefined ? [] : [[key, now]];
    if (wanted === null) return [];
    if (!isObject(wanted)) return [[key, wanted]];
    return [[key, merge(isObject(now) ? now : {}, wanted, isObject(before) ? before : {})]];
  });
  return Object.fromEntries(entries);
}
