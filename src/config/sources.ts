import { z } from "zod";
import { type Configuration, configurationSchema } from "./schema.ts";
import { type Description, descriptionOf } from "./setting.ts";

/** Dotted path of a setting, as in the file: `proxy.logLevel`. */
export type SettingPath = Leaves<Configuration>;

type Leaves<T, Prefix extends string = ""> = {
  [K in keyof T & string]: T[K] extends string | number | boolean | readonly unknown[]
    ? `${Prefix}${K}`
    : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

/** A group of settings in help and documentation; `general` are those at the top of the file. */
export const SECTIONS = [
  "general",
  "proxy",
  "capture",
  "tracing",
  "stats",
  "sds",
  "webhook",
  "controlPlane",
  "arn",
  "log",
] as const;
export type Section = (typeof SECTIONS)[number];

/** A setting and the names that it has in each source. */
export interface Setting {
  readonly path: SettingPath;
  readonly section: Section;
  readonly says: string;
  /** Environment variable. */
  readonly variable: string;
  /** Flag without dashes. */
  readonly flag: string;
  /** The flag that the rule makes, where `flag` is a friendlier one; it is accepted too. */
  readonly flagByRule: string;
  /** Its schema, without the default. */
  readonly type: z.core.$ZodType;
}

/**
 * All settings, section by section as the schema has them. Where a value may come from follows by rule: `proxy.logLevel` in the file,
 * `OUTRIGGER_PROXY_LOG_LEVEL` in the environment, `--proxy-log-level` on the command line. What the two AWS programs called them stands
 * in `former/names.ts`.
 */
export const SETTINGS: readonly Setting[] = SECTIONS.flatMap((section) =>
  settingsIn(configurationSchema, "").filter((one) => one.section === section),
);

function settingsIn(schema: z.core.$ZodType, path: string): readonly Setting[] {
  const description = descriptionOf(schema);
  const type = withoutDefault(schema);
  if (description !== undefined) return [settingOf(path as SettingPath, description, type)];
  if (!(type instanceof z.ZodObject)) throw new TypeError(`nothing is said of the setting ${path}`);
  const prefix = path === "" ? "" : `${path}.`;
  return Object.entries(type.shape).flatMap(([key, member]) => settingsIn(member, `${prefix}${key}`));
}

function settingOf(path: SettingPath, { says, flag }: Description, type: z.core.$ZodType): Setting {
  const words = path.split(".").flatMap((part) => part.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).split(" "));
  const flagByRule = words.join("-").toLowerCase();
  const variable = `OUTRIGGER_${words.join("_").toUpperCase()}`;
  return { path, section: sectionOf(path), says, variable, flag: flag ?? flagByRule, flagByRule, type };
}

function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
}

function sectionOf(path: SettingPath): Section {
  const [first] = path.split(".");
  return path.includes(".") ? (first as Section) : "general";
}
