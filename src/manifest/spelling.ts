import { isScalar, type ParsedNode, Scalar } from "yaml";
import type { Json } from "../model/json.ts";
import { isPlainText, renderInline } from "./render.ts";
import type { TextEdit } from "./text-edit.ts";

/** A tag that {@link respelled} or {@link collectionTag} wrote before a value. */
const OUR_TAG = /!!(int|str) +$/;
const COLLECTION_TAG = /^[ \t]+!!(seq|map)(?=[ \t\r\n]|$)/;
/** Without meaning to YAML, in brackets or not. */
const HARMLESS = /^[a-z0-9/][\w/.?=&%+-]*$/i;

/**
 * The edit that puts a scalar in the place of another one, which begins and ends on the line of its key, so that the
 * same edit backwards restores the bytes: quotes stay, and what cannot stay is told by a tag. A number for a text in
 * quotes becomes `!!int "80"`, a text for the word `null` becomes `!!str text`.
 */
export function respelled(old: ParsedNode, colon: number, value: Json, text: string, plain: string): TextEdit {
  const [from, end] = old.range;
  const tag = OUR_TAG.exec(text.slice(colon, from));
  const start = from - (tag?.[0].length ?? 0);
  return { start, end, text: spelling(old, tag?.[1], value, plain) };
}

/** Whether a value stands behind a tag that {@link respelled} wrote. */
export function hasOurTag(old: ParsedNode, colon: number, text: string): boolean {
  return /^[ \t]+!!(int|str) +$/.test(text.slice(colon, old.range[0]));
}

/** The value in the quotes of the old one, where it had some. */
function spelling(old: ParsedNode, tag: string | undefined, value: Json, plain: string): string {
  const quote = quoteOf(old);
  if (value === null) return "null";
  if (tag === undefined && isWrittenNull(old)) return `${typeof value === "string" ? "!!str " : ""}${plain}`;
  if (typeof value === "number" && quote !== "") return `!!int ${quote}${value}${quote}`;
  if (typeof value !== "string") return plain;
  if (quote === "'" && !/[^\x20-\x7e]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  return quote === "" ? plain : renderInline(value);
}

/** Text that may stand in brackets as it is. */
export function isHarmless(value: Json): value is string {
  return typeof value === "string" && HARMLESS.test(value) && isPlainText(value);
}

/** Whether a value is the word `null`, or the like, and not just missing. */
export function isWrittenNull(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && node.range[0] < node.range[1];
}

/** What stands in the place of the word `null` when the lines below hold a list or a map. */
export function collectionTag(value: Json): string {
  return Array.isArray(value) ? "!!seq" : "!!map";
}

/** Puts the word `null` back in the place of that tag. */
export function nullAgain(text: string, colon: number): readonly TextEdit[] {
  const found = COLLECTION_TAG.exec(text.slice(colon, colon + 200));
  if (found === null) return [];
  const end = colon + found[0].length;
  return [{ start: end - "!!seq".length, end, text: "null" }];
}

function quoteOf(node: ParsedNode): "" | "'" | '"' {
  if (!isScalar(node)) return "";
  if (node.type === Scalar.QUOTE_DOUBLE) return '"';
  return node.type === Scalar.QUOTE_SINGLE ? "'" : "";
}
