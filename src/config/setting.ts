import { z } from "zod";

/** What help and documentation say of a setting. */
export interface Description {
  /** One phrase, without a full stop. */
  readonly says: string;
  /** The flag, where it is a friendlier one than the rule makes. */
  readonly flag?: string;
}

/** By the schema of the setting, with its default. Not zod's own registry: what that holds would stand in the chart's schema. */
const DESCRIPTIONS = z.registry<Description>();

/** A schema that says what it is for: the compiler takes no other into the configuration. The mark is there for it alone, and a name that declarations can write. */
type Said<T extends z.ZodType> = T & { readonly "~said": true };
type Shape = Readonly<Record<string, Said<z.ZodType>>>;

/** One setting: its type with its default, one phrase, and a flag where it has a friendlier one than the rule makes. */
export function setting<T extends z.ZodType>(type: T, says: string, flag?: string): Said<T> {
  DESCRIPTIONS.add(type, { says, ...(flag !== undefined && { flag }) });
  return type as Said<T>;
}

/** Settings and groups of them by name; others are refused. */
export function settings<S extends Shape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape);
}

/** Settings that stand together under one name, which may be left out as a whole. */
export function group<S extends Shape>(shape: S): Said<z.ZodPrefault<z.ZodObject<S, z.core.$strict>>> {
  const nothing = {} as z.input<z.ZodObject<S, z.core.$strict>>;
  return settings(shape).prefault(nothing) as Said<z.ZodPrefault<z.ZodObject<S, z.core.$strict>>>;
}

/** Of a schema that {@link setting} made; undefined: it is a group. */
export function descriptionOf(type: z.core.$ZodType): Description | undefined {
  return DESCRIPTIONS.get(type);
}
