import { isObject, type Json, type JsonObject } from "./json.ts";

/** Longer values are left out of a text. */
const MOST = 100;
/** What YAML takes for a text without quotes, whatever its dialect: no number (`e0` is one in YAML 1.1), no word such as `on`, nothing that has a meaning in flow style. */
const PLAIN = /^[A-Za-z/][\w./-]*$/;
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|e-?\d+)$/i;

/** A value as somebody may write it on one line of YAML, such as `{app: web}`; `…` where it is long. */
export function flowText(value: Json): string {
  return cut(written(value));
}

/** The same of the members of an object, without its braces. */
export function flowMembers(object: JsonObject): string {
  return cut(members(object));
}

function cut(text: string): string {
  return text.length > MOST ? "…" : text;
}

function members(object: JsonObject): string {
  return Object.entries(object)
    .map(([key, value]) => `${written(key)}: ${written(value)}`)
    .join(", ");
}

function written(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((entry: Json) => written(entry)).join(", ")}]`;
  if (isObject(value)) return `{${members(value)}}`;
  if (typeof value === "string" && PLAIN.test(value) && !WORDS.test(value)) return value;
  return JSON.stringify(value);
}
