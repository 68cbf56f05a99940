import { type Json, member, stringOf } from "./json.ts";

/** `metadata.name`; empty when there is none. */
export function nameOf(object: Json | undefined): string {
  return stringOf(member(member(object, "metadata"), "name")) ?? "";
}

/**
 * When an object was created, as the API server writes it: RFC 3339 in UTC, exact to the second, so that two such texts compare
 * like the times they mean. Undefined for an object that was never stored.
 */
export function createdAt(object: Json | undefined): string | undefined {
  return stringOf(member(member(object, "metadata"), "creationTimestamp"));
}
