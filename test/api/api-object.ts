import { type Json, type JsonObject, member, stringOf } from "../../src/model/json.ts";

/** `metadata.name` of an object; empty when it has none. */
export function nameOf(object: JsonObject): string {
  return metadataText(object, "name");
}

export function metadataText(object: JsonObject, key: "name" | "namespace" | "uid"): string {
  return text(member(object.metadata, key));
}

/** A member that is known to be text. */
export function text(value: Json | undefined): string {
  return stringOf(value) ?? "";
}
