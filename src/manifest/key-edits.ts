import { isMap, type Pair, type ParsedNode } from "yaml";
import type { Slot, Touched } from "./overlay.ts";
import { isPlainWord, renderInline } from "./render.ts";
import type { TextEdit } from "./text-edit.ts";

/** The edit that gives an entry its new name, in the quotes of the old one; none where it keeps its own. */
export function keyEdits(
  node: Touched["node"],
  slot: Exclude<Slot, { kind: "new" }>,
  text: string,
): readonly TextEdit[] {
  if (slot.key === undefined || !isMap(node)) return [];
  const key = (node.items[slot.index] as Pair).key as ParsedNode;
  const [start, end] = key.range;
  const quote = /^["']/.exec(text.slice(start, end))?.[0] ?? "";
  const name = isPlainWord(slot.key) ? quote + slot.key + quote : renderInline(slot.key);
  return [{ start, end, text: name }];
}
