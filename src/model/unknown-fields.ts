import { z } from "zod";
import { widenedBy } from "./conditions.ts";
import { type FieldPlace, fieldHint, LONGEST_FIELD } from "./field-hint.ts";
import { isObject, type Json, member } from "./json.ts";
import { KINDS } from "./kinds.ts";
import type { UnknownField } from "./mesh-object.ts";
import { shapeOf } from "./shapes.ts";
import { SPEC_SCHEMAS } from "./spec-schemas.ts";

/** More are not listed: whoever wrote a whole object of another kind knows after these. */
const MOST = 16;

/** The fields of an object that its schema does not know, each with what helps. Absent members are those that are null, as for the API server. */
export function unknownFields(schema: z.ZodType, object: Json): readonly UnknownField[] {
  const found: UnknownField[] = [];
  walk(schema, object, { path: "", holder: "" }, [], found);
  return found;
}

/** Where a value stands. */
interface At {
  readonly path: string;
  /** Name of the field that holds it. */
  readonly holder: string;
}

function walk(
  schema: z.core.$ZodType,
  value: Json | undefined,
  at: At,
  above: readonly FieldPlace[],
  found: UnknownField[],
): void {
  if (found.length >= MOST) return;
  if (schema instanceof z.ZodOptional) {
    walk(schema.unwrap(), value, at, above, found);
    return;
  }
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return;
    for (const [index, entry] of value.entries()) {
      walk(schema.element, entry as Json, { ...at, path: `${at.path}[${index}]` }, above, found);
    }
    return;
  }
  const shape = shapeOf(schema);
  if (shape === undefined || !isObject(value)) return;
  const here: FieldPlace = { shape, object: value, path: at.path };
  const said = new Set<string>();
  for (const key of Object.keys(value)) {
    if (found.length >= MOST) return;
    const entry = member(value, key);
    if (entry === null || said.has(key)) continue;
    const path = at.path === "" ? shown(key) : `${at.path}.${shown(key)}`;
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field !== undefined) {
      walk(field, entry, { path, holder: key }, [...above, here], found);
      continue;
    }
    const { help, meant, belongsAbove, together } = fieldHint(here, key, above);
    for (const other of together) said.add(other);
    const stray = { object: value, key, meant, holder: at.holder };
    const widens = belongsAbove ? undefined : widenedBy(schema, stray);
    found.push({ path, help: help ?? withoutHint(here, key, widens !== undefined), widens });
  }
}

/** What helps where nothing like the field is known. A condition is never to be removed: the object would still mean more than is meant. */
function withoutHint({ shape, path }: FieldPlace, key: string, isCondition: boolean): string {
  if (isCondition) return `the fields that are known here are ${Object.keys(shape).join(", ")}`;
  const kinds = path === "spec" ? KINDS.filter((kind) => Object.hasOwn(shapeOf(SPEC_SCHEMAS[kind]) ?? {}, key)) : [];
  return kinds.length === 0 ? "remove it" : `remove it: it is a field of ${kinds.join(" and ")}`;
}

function shown(key: string): string {
  const plain = key.replace(/\p{Cc}+/gu, " ");
  return plain.length > LONGEST_FIELD ? `${plain.slice(0, LONGEST_FIELD).toWellFormed()}…` : plain;
}
