import { isObject } from "../model/json.ts";
import { readBlock } from "./inserted-block.ts";
import type { TextEdit } from "./text-edit.ts";

/** Edits of which long insertions are replaced by short ones, and how to see the long ones in what is read. */
export interface StandIns {
  readonly edits: readonly TextEdit[];
  /** The value that the text with the long insertions has, from that of the text with the short ones. */
  readonly expanded: (value: unknown) => unknown;
}

const WORD = "stand-in-";

/**
 * Puts a short entry in place of each inserted one that was read by itself, so that the edited text can be read without
 * reading the same sidecar again for each pod. Undefined when nothing becomes shorter.
 *
 * The short entry keeps the column and the key or dash of the long one, and its value is a list of one word one column further
 * right: only the inside of a block-style map or list at this column accepts that, and the word must come out alone.
 * So the short text cannot be read as expected where the long one would be read as anything else: in brackets, in quotes,
 * in a text block, or before deeper lines that would continue the entry.
 */
export function standIns(text: string, edits: readonly TextEdit[]): StandIns | undefined {
  const values = new Map<string, unknown>();
  const short = edits.map((edit) => {
    const block = edit.start === edit.end && isWholeLine(text, edit.start) ? readBlock(edit.text) : undefined;
    if (block === undefined) return edit;
    const indent = " ".repeat(block.column);
    const lines = block.entries.map(({ start, value }) => {
      const word = `${WORD}${values.size}`;
      values.set(word, value);
      return start === "-" ? `${indent}- - ${word}\n` : `${indent}${start}\n${indent} - ${word}\n`;
    });
    return { ...edit, text: lines.join("") };
  });
  if (values.size === 0 || text.includes(WORD) || edits.some((edit) => edit.text.includes(WORD))) return undefined;
  return { edits: short, expanded };

  function expanded(value: unknown): unknown {
    if (Array.isArray(value)) {
      const [only, ...more] = value as unknown[];
      return more.length === 0 && typeof only === "string" && values.has(only)
        ? values.get(only)
        : value.map((entry) => expanded(entry));
    }
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, expanded(entry)]));
  }
}

function isWholeLine(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === "\n";
}
