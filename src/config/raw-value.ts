import { isObject, type JsonObject, jsonIn } from "../model/json.ts";
import { printable } from "./printable.ts";
import { type SettingValue, typeOf } from "./setting-type.ts";
import type { SettingPath } from "./sources.ts";

/** One word of a source as it was written. Only a file can say that something is a number or a boolean. */
export interface RawWord {
  readonly text: string;
  readonly written: "text" | "number" | "boolean";
}

/** What a source gives for one setting: a word, or a list of them. */
export type RawValue = RawWord | readonly RawWord[];

export type ReadValue = { readonly value: SettingValue } | { readonly expected: string };

/** A word written as text, as all are in the environment and in flags. Blanks around it can mean nothing in any setting. */
export function textWord(text: string): RawWord {
  return { text: text.trim(), written: "text" };
}

/**
 * Turns what a source gives into the setting's type, leniently in the ways in which YAML, shells and Helm mangle
 * values: `"9411"` is a number where one is expected, `0.05` a text, `TRUE` and `1` are booleans (as Go's flags took
 * them), `a, b` is a list, and an account number may have become `1.23456789012e+11`.
 */
export function readValue(path: SettingPath, raw: RawValue): ReadValue {
  const type = typeOf(path);
  const value = isList(raw) ? listOf(path, raw) : wordOf(path, raw);
  if (value === undefined || !type.accepts(value)) return { expected: type.form };
  return { value };
}

/** A raw value in one line. */
export function rawText(raw: RawValue): string {
  return isList(raw) ? raw.map(({ text }) => text).join(", ") : raw.text;
}

/** A raw value as messages show it: text in quotes, numbers and booleans without. */
export function printableRaw(raw: RawValue): string {
  return isList(raw) || raw.written === "text" ? printable(rawText(raw)) : raw.text;
}

/** What Go's `strconv.ParseBool` understands, in any case; undefined for anything else. */
export function readBoolean(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case "true":
    case "t":
    case "1":
      return true;
    case "false":
    case "f":
    case "0":
      return false;
    default:
      return undefined;
  }
}

/** A whole number in decimal, without fraction, exponent or loss; undefined for anything else. */
export function readInteger(text: string): number | undefined {
  const number = /^[+-]?[0-9]{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

function wordOf(path: SettingPath, word: RawWord): SettingValue | undefined {
  switch (typeOf(path).takes) {
    case "text":
      if (word.written === "boolean") return undefined;
      return path === "accountId" ? accountNumber(word.text) : word.text;
    case "boolean":
      return readBoolean(word.text);
    case "integer":
      return readInteger(word.text);
    case "texts":
    case "integers":
      return listOf(path, word.text === "" ? [] : word.text.split(",").map(textWord));
    case "maps":
      return word.text === "" ? [] : mapsIn(word.text);
  }
}

function listOf(path: SettingPath, words: readonly RawWord[]): SettingValue | undefined {
  switch (typeOf(path).takes) {
    case "texts":
      return words.every(({ written }) => written !== "boolean") ? words.map(({ text }) => text) : undefined;
    case "integers": {
      const numbers = words.map(({ text }) => readInteger(text));
      return numbers.every((number) => number !== undefined) ? numbers : undefined;
    }
    default:
      return undefined;
  }
}

/** A list of maps as JSON; undefined for anything else. */
function mapsIn(text: string): readonly JsonObject[] | undefined {
  const list = jsonIn(text);
  return Array.isArray(list) && list.every(isObject) ? list : undefined;
}

/**
 * Helm renders a number of 12 digits in scientific notation, and the controller repaired it; 16 digits of mantissa hold
 * every account number exactly.
 */
function accountNumber(text: string): string {
  if (!/^[0-9](\.[0-9]{1,11})?[eE]\+?(09|9|10|11)$/.test(text)) return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? String(number).padStart(12, "0") : text;
}

function isList(raw: RawValue): raw is readonly RawWord[] {
  return Array.isArray(raw);
}
