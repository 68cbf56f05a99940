import { z } from "zod";
import type { JsonObject } from "./json.ts";

/** An unknown field, seen from the object that it stands in. */
export interface Stray {
  readonly object: JsonObject;
  /** Its name. */
  readonly key: string;
  /** Known fields beside it that were perhaps meant. */
  readonly meant: readonly string[];
  /** Name of the field that holds the object. */
  readonly holder: string;
}

/** What the object means without what somebody wrote there, as half a sentence; undefined: not more than is written. */
export type Widened = (stray: Stray) => string | undefined;

/**
 * For `.meta()` of an object whose fields are conditions: one that nobody knows has an effect after all, since the object then means more than is
 * written. Being a function, it does not reach the CustomResourceDefinition.
 */
export function conditions(widened: Widened): { readonly widened: Widened } {
  return { widened };
}

/** The same for an object in which one field alone is a condition, while it is absent. */
export function condition(field: string, without: string): { readonly widened: Widened } {
  return conditions(({ object, meant }) =>
    meant.includes(field) && !Object.hasOwn(object, field) ? without : undefined,
  );
}

/** What an object of this schema means with a field that nobody knows. */
export function widenedBy(schema: z.core.$ZodType, stray: Stray): string | undefined {
  const widened = z.globalRegistry.get(schema)?.widened;
  return typeof widened === "function" ? (widened as Widened)(stray) : undefined;
}

/** Whether one of the members is there. */
export function hasOneOf(object: JsonObject, fields: readonly string[]): boolean {
  return fields.some((field) => Object.hasOwn(object, field));
}
