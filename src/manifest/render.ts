import { Document, Scalar, visit } from "yaml";
import type { Json } from "../model/json.ts";
import { blockLines, type ScalarTexts } from "./block-lines.ts";
import type { Layout } from "./layout.ts";
import { remembered } from "./remembered.ts";

/** Lines of block-style YAML for one member of a map, to stand at the given column. */
export function renderMember(key: string, value: unknown, layout: Layout, column: number): string[] {
  return indented(renderBlock({ [key]: value }, layout), column);
}

/** Lines of block-style YAML for one item of a list, its dash at the given column. */
export function renderItem(value: unknown, layout: Layout, column: number): string[] {
  return indented(renderBlock([value], layout), column);
}

/**
 * Block-style YAML whose strings are strings to YAML 1.1 and YAML 1.2 readers alike; values may hold BigInts.
 * The text ends in a line break.
 */
export function renderBlock(value: unknown, layout: Layout): string {
  const lines = blockLines(value, layout, SCALARS);
  return lines === undefined ? renderByLibrary(value, layout) : `${lines.join("\n")}\n`;
}

/** Each scalar is written by the library, the same ones once. */
const SCALARS: ScalarTexts = {
  ofKey: remembered((key) => partOfLine({ [key]: 0 }, /^(?!\? )([^\n]*): 0\n$/), { entries: 2000, length: 200 }),
  ofValue: (value) => {
    switch (typeof value) {
      case "string":
        return value.length > MAX_PART || value.includes("\n") ? undefined : ofText(value);
      case "number":
        return ofNumber(Object.is(value, -0) ? "-0" : String(value));
      case "boolean":
        return String(value);
      case "bigint":
      case "object":
        return partOfLine({ k: value }, VALUE);
      default:
        return undefined;
    }
  },
};

/** Far more than a sidecar's configuration; to copy what is longer once more gains nothing. */
const MAX_PART = 200_000;
const VALUE = /^k: ([^\n]*)\n$/;
const ofText = remembered((text) => partOfLine({ k: text }, VALUE), { entries: 5000, length: 200 });
const ofNumber = remembered((text) => partOfLine({ k: Number(text) }, VALUE), { entries: 1000, length: 30 });

function partOfLine(value: unknown, part: RegExp): string | undefined {
  return part.exec(renderByLibrary(value, { step: 2, lists: "flush", blocks: true }))?.[1];
}

function renderByLibrary(value: unknown, layout: Layout): string {
  // maps from entries, so that a member called __proto__ is data like any other
  const document = new Document(value, { version: "1.2", compat: "yaml-1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === "string" && needsQuotes(scalar.value, layout.blocks))
        scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({
    indent: layout.step,
    indentSeq: layout.lists === "indented",
    lineWidth: 0,
    blockQuote: "literal",
    doubleQuotedAsJSON: true,
  });
  return escaped(text);
}

/** The value on one line, as JSON, which is flow-style YAML too. */
export function renderInline(value: unknown): string {
  return escaped(JSON.stringify(value, exactInteger));
}

/** The value on one line as JSON for programs: the very bytes that the webhook and the library give. */
export function renderJsonLine(value: unknown): string {
  return JSON.stringify(value, exactInteger);
}

/** JSON on several lines, two spaces a level unless told. */
export function renderJson(value: unknown, step = 2): string {
  return escaped(JSON.stringify(value, exactInteger, step));
}

/** Whether a value fits behind its key: a scalar, or a collection without entries. */
export function isInline(value: Json): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "string" || !value.includes("\n");
  return Object.keys(value).length === 0;
}

/** A scalar or an empty collection as it stands behind its key. */
export function renderScalar(value: Json, layout: Layout): string {
  return renderBlock(value, layout).replace(/\n$/, "");
}

/** Whether a text of one line is a string without quotes to every reader, unless brackets are around it. */
export function isPlainText(text: string): boolean {
  return !needsQuotes(text, false);
}

/** Whether a key can stand without quotes, whoever reads it. */
export function isPlainWord(key: string): boolean {
  return /^[A-Za-z][A-Za-z0-9]*$/.test(key) && !WORDS.test(key);
}

function indented(text: string, column: number): string[] {
  const prefix = " ".repeat(column);
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => (line === "" ? line : prefix + line));
}

const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;
/** What some reader may take for a number, a time, a null, a merge key, a default or a document marker. */
const NUMBER_LIKE = /^[-+.]?[0-9][0-9a-fox_.:+\-tz ]*$/i;
const DOUBTFUL_START = /^[-+.~=<?%@`]/;
const ARGUMENT = /^--?[a-z][a-z0-9-]*$/;
/** Characters that YAML 1.1 takes for line breaks or does not allow unescaped. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
/** Control characters but line feeds, the above, and spaces that a reader may drop. */
const FRAGILE = /[^\P{Cc}\n]|[\u2028\u2029\ufeff\ufffe\uffff]|[ \t]\n|^ /u;

function needsQuotes(text: string, blocks: boolean): boolean {
  if (FRAGILE.test(text) || WORDS.test(text)) return true;
  // several lines become a literal block, which is nothing but text; blank lines at its end would need counting
  if (text.includes("\n")) return !blocks || /^\n|\n\n$/.test(text);
  return NUMBER_LIKE.test(text) || (DOUBTFUL_START.test(text) && !ARGUMENT.test(text));
}

/** Strings that hold such characters are in double quotes by now, where an escape means the same. */
function escaped(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** `JSON.rawJSON` (Node 22): the only way to write an integer that no number holds. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

function exactInteger(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? rawJSON(value.toString()) : value;
}
