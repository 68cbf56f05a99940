import type { PatchOperation } from "../../inject/json-patch.ts";
import { isObject, type Json, type JsonObject, member, objectOf } from "../../model/json.ts";
import { WRITTEN_FIELDS, type WrittenFields } from "../../model/written-fields.ts";

/** The values of the written fields that an update leaves out: they stay what they were. */
export function keptFields(object: JsonObject, oldObject: JsonObject | undefined): JsonObject {
  const entries = WRITTEN_FIELDS.flatMap((field) => {
    const old = member(member(oldObject, "spec"), field);
    return isGiven(member(member(object, "spec"), field)) || !isGiven(old) ? [] : [[field, old] as const];
  });
  return Object.fromEntries(entries);
}

/** The object with more fields in its spec. */
export function withFields(object: JsonObject, fields: JsonObject): JsonObject {
  return { ...object, spec: { ...objectOf(member(object, "spec")), ...fields } };
}

/** What writes the fields into the object: its spec, if it has none, and each of them; nothing else is ever touched. */
export function fieldPatch(object: JsonObject, fields: JsonObject | WrittenFields): readonly PatchOperation[] {
  const entries = Object.entries(fields) as readonly (readonly [string, Json])[];
  if (entries.length === 0) return [];
  const spec: readonly PatchOperation[] = isObject(member(object, "spec"))
    ? []
    : [{ op: "add", path: "/spec", value: {} }];
  return [...spec, ...entries.map(([field, value]): PatchOperation => ({ op: "add", path: `/spec/${field}`, value }))];
}

/** The API server takes null for absent, and App Mesh took an empty name for none. */
function isGiven(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== "";
}
