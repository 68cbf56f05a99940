import { isMap, type Pair, type ParsedNode } from "yaml";
import type { Json } from "../model/json.ts";
import { flowEdits } from "./flow-edits.ts";
import { keyEdits } from "./key-edits.ts";
import { column, type Layout } from "./layout.ts";
import { afterColon, dashes, isBlock, isFlow, keyStart, linesEnd, pairEnd } from "./node-place.ts";
import { NotEditable, pairKey, type Slot, type Touched, valueNode, valueOfNew } from "./overlay.ts";
import { isInline, renderItem, renderMember, renderScalar } from "./render.ts";
import { collectionTag, hasOurTag, isWrittenNull, nullAgain, respelled } from "./spelling.ts";
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
  if (slot.kind === "replaced") return replacement(node, slot, slot.value, text, layout);
  const { child } = slot;
  if (child === undefined) return [];
  if (child.node.items.length > 0 && child.slots.length > 0) {
    const renamed = keyEdits(node, slot, text);
    return [...renamed, ...(isFlow(child.node) ? flowEdits(child, text) : blockEdits(child, text, layout))];
  }
  if (child.node.items.length === child.slots.length) return [];
  if (isFlow(child.node) && !isBareEmpty(node, slot.index, text)) return flowEdits(child, text);
  return replacement(node, slot, valueOfNew(child), text, layout);
}

function replacement(
  node: Touched["node"],
  slot: Exclude<Slot, NewSlot>,
  value: Json,
  text: string,
  layout: Layout,
): readonly TextEdit[] {
  if (!isMap(node)) {
    const place = entryPlaces(node, text)[slot.index] as EntryPlace;
    return [wholeEntry(place, renderItem(value, layout, column(text, place.start)), text)];
  }
  const pair = node.items[slot.index] as Pair;
  const key = keyStart(pair);
  const colon = afterColon(pair);
  if (key === undefined || colon === undefined) throw new NotEditable("a pair of an unusual shape");
  const old = pair.value as ParsedNode | null;
  const renamed = keyEdits(node, slot, text);
  const lines = () => renderMember(slot.key ?? pairKey(pair), value, layout, column(text, key));
  if (old !== null && isBlock(old) && isInline(value) && lineStart(text, old.range[0]) > colon) {
    // the key's own line stays: so what was put below an empty value is taken away without a trace
    const behind =
      value === null ? nullAgain(text, colon) : [{ start: colon, end: colon, text: ` ${renderScalar(value, layout)}` }];
    return [...renamed, ...behind, { start: lineStart(text, old.range[0]), end: pairEnd(text, pair), text: "" }];
  }
  if (!isOneLine(old, colon, text)) return [wholeEntry({ start: key, end: pairEnd(text, pair) }, lines(), text)];
  const filled = old === null || old.range[0] === old.range[1] ? undefined : old;
  if (!isInline(value)) {
    const below = insertLines(text, nextLine(text, filled?.range[1] ?? colon), lines().slice(1));
    return [...renamed, ...emptied(filled, colon, value), below];
  }
  const plain = renderScalar(value, layout);
  if (filled === undefined) return [...renamed, { start: colon, end: colon, text: ` ${plain}` }];
  // nothing at all is null, too: so a text that took the place of nothing goes without a trace
  if (value === null && !hasOurTag(filled, colon, text)) {
    return [...renamed, { start: colon, end: filled.range[1], text: "" }];
  }
  return [...renamed, respelled(filled, colon, value, text, plain)];
}

/** What becomes of the value behind a key when its new one stands on the lines below. */
function emptied(old: ParsedNode | undefined, colon: number, value: Json): readonly TextEdit[] {
  if (old === undefined) return [];
  if (isWrittenNull(old)) return [{ start: old.range[0], end: old.range[1], text: collectionTag(value) }];
  return [{ start: colon, end: old.range[1], text: "" }];
}

/** Whether a value is `[]` or `{}` as everybody writes it, one space behind its key; only such a one is as easily written again. */
function isBareEmpty(node: Touched["node"], index: number, text: string): boolean {
  if (!isMap(node)) return true;
  const colon = afterColon(node.items[index] as Pair);
  const end = valueNode(node, index)?.range[1];
  return colon !== undefined && end !== undefined && [" []", " {}"].includes(text.slice(colon, end));
}

/** Nothing, or a value without a tag but ours, and without an anchor, that begins and ends on the line of its key. */
function isOneLine(old: ParsedNode | null, colon: number, text: string): boolean {
  if (old === null) return true;
  if (isBlock(old) || nextLine(text, colon) < old.range[1]) return false;
  return old.range[0] === old.range[1]
    ? old.tag === undefined
    : hasOurTag(old, colon, text) || text.slice(colon, old.range[0]).trim() === "";
}

/** An entry rendered again in its place; what stands before it on its first line stays. */
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
