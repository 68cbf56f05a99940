import { z } from "zod";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** A rule of the API server about one object by itself: in CEL, and as a function that says the same. */
export interface ObjectRule {
  readonly rule: string;
  readonly message: string;
  /** Whether a value that fits its schema keeps it. Members that are null are left out before. */
  readonly holds: (self: JsonObject) => boolean;
}

/** A rule about a change of an object: files have none. */
export interface ChangeRule {
  readonly rule: string;
  readonly message: string;
}

const RULES = "x-kubernetes-validations";

/**
 * For `.meta()`: what the API server refuses about an object that fits its types. Only what App Mesh's own webhook refused
 * whatever else stood in the object; what is stored is read without asking, because it may be older than the rules.
 */
export function refusing(...rules: readonly (ObjectRule | ChangeRule)[]): {
  readonly [RULES]: readonly (ObjectRule | ChangeRule)[];
} {
  return { [RULES]: rules };
}

/** A rule that a value breaks. */
export interface BrokenRule {
  readonly path: string;
  readonly message: string;
}

/** The rules that a value, which fits its schema, breaks. */
export function brokenRules(schema: z.core.$ZodType, value: Json | undefined, path: string): readonly BrokenRule[] {
  if (schema instanceof z.ZodOptional) return brokenRules(schema.unwrap(), value, path);
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((entry: Json, index) => brokenRules(schema.element, entry, `${path}[${index}]`));
  }
  if (!(schema instanceof z.ZodObject) || !isObject(value)) return [];
  const rules = (z.globalRegistry.get(schema)?.[RULES] ?? []) as readonly (ObjectRule | ChangeRule)[];
  const own = rules.flatMap((rule) => ("holds" in rule && !rule.holds(value) ? [{ path, message: rule.message }] : []));
  const fields = Object.entries(schema.shape as Readonly<Record<string, z.core.$ZodType>>);
  return [
    ...own,
    ...fields.flatMap(([key, field]) =>
      Object.hasOwn(value, key) ? brokenRules(field, value[key], `${path}.${key}`) : [],
    ),
  ];
}

/** Exactly one of two fields is given. */
export function exactlyOne(first: string, second: string): ObjectRule {
  return {
    rule: `has(self.${first}) != has(self.${second})`,
    message: `exactly one of ${first} and ${second} must be given`,
    holds: (self) => count(self, [first, second]) === 1,
  };
}

/** Not both of two fields are given. */
export function notBoth(first: string, second: string): ObjectRule {
  return {
    rule: `!(has(self.${first}) && has(self.${second}))`,
    message: `at most one of ${first} and ${second} may be given`,
    holds: (self) => count(self, [first, second]) < 2,
  };
}

/** At least one of three fields is given. */
export function someOf(first: string, second: string, third: string): ObjectRule {
  return {
    rule: `has(self.${first}) || has(self.${second}) || has(self.${third})`,
    message: `one of ${first}, ${second} and ${third} must be given`,
    holds: (self) => count(self, [first, second, third]) > 0,
  };
}

/** At most one of several. A sum, because the API server counts what a rule costs at most, and lists may be long. */
export function atMostOne(fields: readonly string[]): ObjectRule {
  return {
    rule: `${sum(fields)} <= 1`,
    message: `at most one of ${fields.join(", ")} may be given`,
    holds: (self) => count(self, fields) < 2,
  };
}

/** Exactly one of three. */
export function oneOf(first: string, second: string, third: string): ObjectRule {
  return {
    rule: `${sum([first, second, third])} == 1`,
    message: `exactly one of ${first}, ${second} and ${third} must be given`,
    holds: (self) => count(self, [first, second, third]) === 1,
  };
}

function sum(fields: readonly string[]): string {
  return fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(" + ");
}

function count(self: JsonObject, fields: readonly string[]): number {
  return fields.filter((field) => Object.hasOwn(self, field)).length;
}
