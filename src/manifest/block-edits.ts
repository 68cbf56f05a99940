import { isMap, type Pair, type ParsedNode } from "yaml";
import type { Json } from "../model/json.ts";
import { flowEdits } from "./flow-edits.ts";
import { column, type Layout } from "./layout.ts";
import { afterColon, dashes, isBlock, isFlow, keyStart, linesEnd, pairEnd } from "./node-place.ts";
import { keyOf, NotEditable, type Slot, type Touched, valueNode, valueOfNew } from "./overlay.ts";
import { isInline, renderItem, renderMember, renderScalar } from "./render.ts";
import { insertLines, lineBreakOf, lineStart, nextLine, type TextEdit } from "./text-edit.ts";

/**
 * The edits that bring the text of a block-style collection to what its slots say. Every line of the input stays,
 * in its place, except those of entries that are replaced or removed. Throws {@link NotEditable}.
 */
export function blockEdits(touched: Touched, text: string, layout: Layout): readonly TextEdit[] {
  const { node, slots } = touched;
  const places = entryPlaces(node, text);
  const first = places[0];
  if (first === undefined) throw new NotEditable("an empty collection");
  const edits: TextEdit[] = [];
  const kept = new Set<number>();
  let waiting: NewSlot[] = [];
  let after: number | undefined;
  for (const slot of slots) {
    if (slot.kind === "new") {
      waiting.push(slot);
      continue;
    }
    if (waiting.length > 0) {
      edits.push(...insertions(waiting, node, after ?? aboveFirst(first, text), first, text, layout));
    }
    edits.push(...entryEdits(touched, slot, text, layout));
    waiting = [];
    kept.add(slot.index);
    after = places[slot.index]?.end;
  }
  // behind the last entry of the input, even where that one goes
  edits.push(...insertions(waiting, node, places.at(-1)?.end ?? text.length, first, text, layout));
  return [...edits, ...removals(places, kept, text)];
}

type NewSlot = Extract<Slot, { kind: "new" }>;

interface EntryPlace {
  /** Offset of the key or the dash. */
  readonly start: number;
  /** Offset of the first line after the entry. */
  readonly end: number;
}

function entryPlaces(node: Touched["node"], text: string): readonly EntryPlace[] {
  if (isMap(node)) {
    return node.items.map((pair: Pair) => {
      const start = keyStart(pair);
      if (start === undefined) throw new NotEditable("a key that is left out");
      return { start, end: pairEnd(text, pair) };
    });
  }
  const starts = dashes(node);
  if (starts.length !== node.items.length) throw new NotEditable("a list of an unusual shape");
  return starts.map((start, index) => ({ start, end: linesEnd(text, valueNode(node, index), start + 1) }));
}

/** New entries before the first one stand above the comments that lead to it. */
function aboveFirst(first: EntryPlace, text: string): number {
  let at = lineStart(text, first.start);
  if (text.slice(at, first.start).trim() !== "") throw new NotEditable("a list that begins on the line of its key");
  while (at > 0 && /^[ \t]*(#.*)?\r?\n$/.test(text.slice(lineStart(text, at - 1), at))) at = lineStart(text, at - 1);
  return at;
}

function insertions(
  slots: readonly NewSlot[],
  node: Touched["node"],
  at: number,
  first: EntryPlace,
  text: string,
  layout: Layout,
): TextEdit[] {
  if (slots.length === 0) return [];
  const indent = column(text, first.start);
  const here = { ...layout, blocks: layout.blocks && !beforeDeeperComment(text, at, indent) };
  const lines = slots.flatMap(({ key, value }) =>
    isMap(node) ? renderMember(key, value, here, indent) : renderItem(value, here, indent),
  );
  return [insertLines(text, at, lines)];
}

/** Whether what comes next is a comment that a literal block at this column would take for its own text. */
function beforeDeeperComment(text: string, at: number, indent: number): boolean {
  const next = /^\s*?([ \t]*)#/.exec(text.slice(at, at + 4096));
  return next !== null && (next[1] as string).length > indent;
}

function entryEdits(
  { node }: Touched,
  slot: Exclude<Slot, NewSlot>,
  text: string,
  layout: Layout,
): readonly TextEdit[] {
  if (slot.kind === "replaced") return replacement(node, slot.index, slot.value, text, layout);
  const { child } = slot;
  if (child === undefined) return [];
  if (child.node.items.length > 0 && child.slots.length > 0) {
    return isFlow(child.node) ? flowEdits(child, text) : blockEdits(child, text, layout);
  }
  if (child.node.items.length === child.slots.length) return [];
  return replacement(node, slot.index, valueOfNew(child), text, layout);
}

function replacement(
  node: Touched["node"],
  index: number,
  value: Json,
  text: string,
  layout: Layout,
): readonly TextEdit[] {
  if (isMap(node)) return pairReplacement(node.items[index] as Pair, value, text, layout);
  const place = entryPlaces(node, text)[index] as EntryPlace;
  return [wholeEntry(place, renderItem(value, layout, column(text, place.start)), text)];
}

function pairReplacement(pair: Pair, value: Json, text: string, layout: Layout): readonly TextEdit[] {
  const key = keyStart(pair);
  const colon = afterColon(pair);
  if (key === undefined || colon === undefined) throw new NotEditable("a pair of an unusual shape");
  const old = pair.value as ParsedNode | null;
  const lines = () => renderMember(keyOf(pair), value, layout, column(text, key));
  if (old !== null && isBlock(old) && isInline(value) && lineStart(text, old.range[0]) > colon) {
    // the key's own line stays: so what was put below an empty value is taken away without a trace
    const behind = value === null ? [] : [{ start: colon, end: colon, text: ` ${renderScalar(value, layout)}` }];
    return [...behind, { start: lineStart(text, old.range[0]), end: pairEnd(text, pair), text: "" }];
  }
  if (!isOneLine(old, colon, text)) return [wholeEntry({ start: key, end: pairEnd(text, pair) }, lines(), text)];
  const [from, to] = old === null || old.range[0] === old.range[1] ? [colon, colon] : old.range;
  if (isInline(value)) {
    return [{ start: from, end: to, text: (from === colon ? " " : "") + renderScalar(value, layout) }];
  }
  const emptied = to > colon ? [{ start: colon, end: to, text: "" }] : [];
  return [...emptied, insertLines(text, nextLine(text, to), lines().slice(1))];
}

/** Nothing, or a value without tag or anchor that begins and ends on the line of its key. */
function isOneLine(old: ParsedNode | null, colon: number, text: string): boolean {
  if (old === null) return true;
  if (isBlock(old) || nextLine(text, colon) < old.range[1]) return false;
  return old.range[0] === old.range[1] ? old.tag === undefined : text.slice(colon, old.range[0]).trim() === "";
}

/** An entry rendered anew in its place; what stands before it on its first line stays. */
function wholeEntry({ start, end }: EntryPlace, lines: readonly string[], text: string): TextEdit {
  const ending = /\r?\n$/.exec(text.slice(start, end))?.[0] ?? "";
  return { start, end, text: lines.join(lineBreakOf(text)).trimStart() + ending };
}

function removals(places: readonly EntryPlace[], kept: ReadonlySet<number>, text: string): TextEdit[] {
  return places.flatMap((place, index) => {
    if (kept.has(index)) return [];
    const from = lineStart(text, place.start);
    if (text.slice(from, place.start).trim() === "") return [{ start: from, end: place.end, text: "" }];
    const next = places[index + 1];
    if (next === undefined || !kept.has(index + 1)) throw new NotEditable("the first entry on the line of a dash");
    return [{ start: place.start, end: next.start, text: "" }];
  });
}
