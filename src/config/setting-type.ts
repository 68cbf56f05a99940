import { z } from "zod";
import type { JsonObject } from "../model/json.ts";
import { type ConfigurationInput, configuration } from "./schema.ts";
import { SETTINGS, type Setting, type SettingPath } from "./sources.ts";

export type SettingValue = string | number | boolean | readonly (string | number)[] | readonly JsonObject[];

/** What the schema says about one setting. */
export interface SettingType {
  readonly takes: "text" | "boolean" | "integer" | "texts" | "integers" | "maps";
  /** Completes the sentence "expected …". */
  readonly form: string;
  readonly choices?: readonly string[];
  readonly default: SettingValue;
  /** The smallest and the largest number, of integers. */
  readonly range?: readonly [smallest: number, largest: number];
  /** Whether a value of the right type is allowed. */
  accepts(value: SettingValue): boolean;
}

const DEFAULTS = configuration();

/** The type of every setting, read out of the schema, so that it stands in one place only. */
export const SETTING_TYPES: ReadonlyMap<SettingPath, SettingType> = new Map(
  SETTINGS.map((setting) => [setting.path, settingType(setting)]),
);

/** The type of a setting. */
export function typeOf(path: SettingPath): SettingType {
  const type = SETTING_TYPES.get(path);
  if (type === undefined) throw new TypeError(`no such setting: ${path}`);
  return type;
}

/** The value of a setting in a configuration. */
export function valueAt(whole: object, path: SettingPath): SettingValue {
  let value: unknown = whole;
  for (const key of path.split(".")) value = (value as Record<string, unknown>)[key];
  return value as SettingValue;
}

/** A value as flags and the environment have it: lists with commas, lists of maps as JSON. */
export function textOf(value: SettingValue): string {
  if (typeof value !== "object") return String(value);
  const texts = value.map((entry) => (typeof entry === "object" ? undefined : String(entry)));
  return texts.includes(undefined) ? JSON.stringify(value) : texts.join(",");
}

/** The inverse of {@link valueAt} for several settings: a configuration that says these and nothing else. */
export function nested(values: Iterable<readonly [SettingPath, SettingValue]>): ConfigurationInput {
  const whole: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const keys = path.split(".");
    const last = keys.pop() ?? path;
    let at = whole;
    for (const key of keys) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return whole;
}

function settingType({ path, type }: Setting): SettingType {
  return {
    ...described(type, path),
    default: valueAt(DEFAULTS, path),
    accepts: (value) => z.safeParse(type, value).success,
  };
}

function described(
  leaf: z.core.$ZodType,
  path: SettingPath,
): Pick<SettingType, "takes" | "form" | "choices" | "range"> {
  if (leaf instanceof z.ZodBoolean) return { takes: "boolean", form: "true or false" };
  if (leaf instanceof z.ZodEnum) {
    const choices = leaf.options.map(String);
    return { takes: "text", form: `one of ${choices.map((choice) => choice || '""').join(", ")}`, choices };
  }
  if (leaf instanceof z.ZodNumber) {
    const range = [leaf.minValue ?? 0, leaf.maxValue ?? Number.MAX_SAFE_INTEGER] as const;
    return { takes: "integer", form: `a whole number from ${range[0]} to ${range[1]}`, range };
  }
  if (leaf instanceof z.ZodArray) {
    const element = leaf.element;
    if (element instanceof z.ZodObject) return { takes: "maps", form: leaf.description ?? "a list of maps" };
    const { takes, form, range } = described(element, path);
    const plural = `a list, each ${form}`;
    return takes === "integer" && range ? { takes: "integers", form: plural, range } : { takes: "texts", form: plural };
  }
  const form = leaf instanceof z.ZodType ? leaf.description : undefined;
  if (form === undefined) throw new TypeError(`the schema does not describe ${path}`);
  return { takes: "text", form };
}
