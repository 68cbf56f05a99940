import { isObject } from "../model/json.ts";
import { exactJson } from "./json-stream.ts";
import { ManifestError } from "./manifest-error.ts";
import { exactValues, type Manifest } from "./parse.ts";
import { type StandIns, standIns } from "./stand-ins.ts";
import { applyEdits, type TextEdit } from "./text-edit.ts";

/** A text with its edits, and the values that its documents are to have then. */
export interface Claim {
  readonly before: Manifest;
  readonly edits: readonly TextEdit[];
  /** The result of the edits. */
  readonly text: string;
  /** One for each document; where it is missing, the document is to stay as it is. */
  readonly results: ReadonlyMap<number, unknown>;
}

/**
 * Positions of the documents that the edited text does not show as they should be; of all that were to change when there
 * is no telling. What can be seen the quick way is not read again.
 */
export function differing(claim: Claim): ReadonlySet<number> {
  if (claim.results.size === 0 || isQuicklySeen(claim)) return new Set();
  return compared(claim, () => exactValues(claim.text));
}

function isQuicklySeen(claim: Claim): boolean {
  const { before, text, edits } = claim;
  if (before.format === "json") return compared(claim, () => exactJson(text)).size === 0;
  const short = standIns(before.text, edits);
  if (short === undefined) return false;
  return compared(claim, () => expandedValues(before.text, short)).size === 0;
}

function* expandedValues(text: string, { edits, expanded }: StandIns): Generator<unknown> {
  for (const value of exactValues(applyEdits(text, edits))) yield expanded(value);
}

function compared({ before, results }: Claim, values: () => Iterable<unknown>): ReadonlySet<number> {
  const all = new Set(results.keys());
  const wrong = new Set<number>();
  try {
    let index = 0;
    for (const value of values()) {
      if (index >= before.documents.length) return all;
      const isToChange = results.has(index);
      if (!sameValue(value, isToChange ? results.get(index) : before.documents[index]?.exact)) {
        // a document that was not to change: no telling which edit reached into it
        if (!isToChange) return all;
        wrong.add(index);
      }
      index++;
    }
    return index === before.documents.length ? wrong : all;
  } catch (error) {
    if (error instanceof ManifestError) return all;
    throw error;
  }
}

/** Structural equality in which 1n is 1: the text's integers are BigInts, those of operations are numbers. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a === "bigint" || typeof b === "bigint")
    return String(a) === String(b) && typeof a !== "string" && typeof b !== "string";
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((entry, index) => sameValue(entry, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}
