import { z } from "zod";
import { isObject, type Json, member } from "./json.ts";
import type { UnknownField } from "./mesh-object.ts";
import { type Nearness, nearest } from "./nearest.ts";

/** More are not listed: whoever wrote a whole object of another kind knows after these. */
const MOST = 16;
/** Longer names are not compared, nor shown whole. */
const LONGEST = 64;
/** At most a third of a field's letters may be wrong. */
const NEARNESS: Nearness = { longest: LONGEST, oneIn: 3, always: 1 };

/** The fields of a value that the schema does not know, each with the known one beside it that looks most like it. */
export function unknownFields(schema: z.ZodType, value: Json | undefined, path: string): readonly UnknownField[] {
  const found: UnknownField[] = [];
  walk(schema, value, path, found);
  return found.slice(0, MOST);
}

function walk(schema: z.core.$ZodType, value: Json | undefined, path: string, found: UnknownField[]): void {
  if (found.length >= MOST) return;
  if (schema instanceof z.ZodOptional) {
    walk(schema.unwrap(), value, path, found);
    return;
  }
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return;
    for (const [index, entry] of value.entries()) walk(schema.element, entry as Json, `${path}[${index}]`, found);
    return;
  }
  if (!(schema instanceof z.ZodObject) || !isObject(value)) return;
  const { shape } = schema;
  const known = Object.keys(shape);
  for (const key of Object.keys(value)) {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field !== undefined) walk(field, member(value, key), `${path}.${key}`, found);
    else found.push({ path: `${path}.${shown(key)}`, meant: nearest(key, known, NEARNESS) });
  }
}

function shown(key: string): string {
  const plain = key.replace(/\p{Cc}+/gu, " ");
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST).toWellFormed()}…` : plain;
}
