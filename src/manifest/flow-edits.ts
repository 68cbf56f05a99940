import { isMap, type Pair, type ParsedNode } from "yaml";
import type { Json } from "../model/json.ts";
import { keyEdits } from "./key-edits.ts";
import { column } from "./layout.ts";
import { afterColon, keyStart } from "./node-place.ts";
import { NotEditable, type Slot, type Touched, valueNode, valueOfNew } from "./overlay.ts";
import { isInline, renderInline, renderJson } from "./render.ts";
import { isHarmless, respelled } from "./spelling.ts";
import { lineBreakOf, lineStart, type TextEdit } from "./text-edit.ts";

/**
 * The edits that bring the text of a collection in brackets (JSON, or flow-style YAML) to what its slots say. Where
 * entries stand on lines of their own, new ones do so too. Throws {@link NotEditable}.
 */
export function flowEdits(touched: Touched, text: string): readonly TextEdit[] {
  const { node, slots } = touched;
  const places = node.items.map((entry, index) => entryPlace(node, entry, index));
  const layout = flowLayout(node, places[0], text);
  if (slots.length === 0) return emptied(node, places, text);
  if (!slots.some((slot) => slot.kind !== "new")) {
    if (places.length > 0) return [rendered(node, valueOfNew(touched), layout)];
    const start = node.range[0] + 1;
    return [{ start, end: start, text: renderInline(valueOfNew(touched)).slice(1, -1) }];
  }
  const edits: TextEdit[] = [];
  let waiting: NewSlot[] = [];
  let last: EntryPlace | undefined;
  let next = 0;
  for (const slot of slots) {
    if (slot.kind === "new") {
      waiting.push(slot);
      continue;
    }
    const place = places[slot.index] as EntryPlace;
    edits.push(...insertions(waiting, node, last, place, layout));
    if (slot.index > next) edits.push({ start: (places[next] as EntryPlace).start, end: place.start, text: "" });
    edits.push(...entryEdits(touched, slot, layout, text));
    waiting = [];
    last = place;
    next = slot.index + 1;
  }
  edits.push(...insertions(waiting, node, last, undefined, layout));
  const end = places.at(-1)?.end;
  if (next < places.length && last && end) edits.push({ start: last.end, end, text: "" });
  return edits;
}

type NewSlot = Extract<Slot, { kind: "new" }>;

interface EntryPlace {
  readonly start: number;
  readonly end: number;
}

/** What stands between two entries, and by how many spaces what they hold is indented (0: all on one line). */
interface FlowLayout {
  readonly gap: string;
  readonly step: number;
  readonly lineBreak: string;
}

function flowLayout(node: ParsedNode, first: EntryPlace | undefined, text: string): FlowLayout {
  const onOneLine = { gap: ", ", step: 0, lineBreak: "" };
  // asked first: the line that a whole stream stands on must not be looked through for each of its collections
  if (first === undefined || !text.slice(node.range[0], first.start).includes("\n")) return onOneLine;
  const start = first.start;
  const prefix = text.slice(lineStart(text, start), start);
  if (prefix.trim() !== "") return onOneLine;
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, node.range[0]), node.range[0]))?.[0].length ?? 0;
  const lineBreak = lineBreakOf(text) + prefix;
  return { gap: `,${lineBreak}`, step: Math.max(1, column(text, start) - outer), lineBreak };
}

function entryPlace(node: Touched["node"], entry: unknown, index: number): EntryPlace {
  const value = valueNode(node, index);
  const start = isMap(node) ? keyStart(entry as Pair) : value?.range[0];
  const end = value?.range[1] ?? (isMap(node) ? afterColon(entry as Pair) : undefined);
  if (start === undefined || end === undefined) throw new NotEditable("an entry that is left out");
  return { start, end };
}

function insertions(
  slots: readonly NewSlot[],
  node: Touched["node"],
  before: EntryPlace | undefined,
  after: EntryPlace | undefined,
  layout: FlowLayout,
): TextEdit[] {
  if (slots.length === 0) return [];
  const entries = slots.map(({ key, value }) =>
    isMap(node) ? `${renderInline(key)}: ${render(value, layout)}` : render(value, layout),
  );
  if (before !== undefined) {
    return [{ start: before.end, end: before.end, text: entries.map((entry) => layout.gap + entry).join("") }];
  }
  const start = after?.start ?? node.range[0] + 1;
  return [{ start, end: start, text: entries.map((entry) => entry + layout.gap).join("") }];
}

function entryEdits(
  touched: Touched,
  slot: Exclude<Slot, NewSlot>,
  layout: FlowLayout,
  text: string,
): readonly TextEdit[] {
  const old = valueNode(touched.node, slot.index);
  const renamed = keyEdits(touched.node, slot, text);
  if (slot.kind === "replaced") {
    if (old === null || old.range[0] === old.range[1]) throw new NotEditable("a value that is left out");
    return [...renamed, replaced(touched.node, slot.index, old, slot.value, layout, text)];
  }
  if (slot.child === undefined) return [];
  const { node, slots } = slot.child;
  if (node.items.length === 0 && slots.length === 0) return renamed;
  const isBare = node.range[1] - node.range[0] === "[]".length;
  const edits = isBare ? [rendered(node, valueOfNew(slot.child), layout)] : flowEdits(slot.child, text);
  return [...renamed, ...edits];
}

/** All entries go, with the comma behind the last one; what else stands in the brackets stays, but for their lines. */
function emptied({ range }: ParsedNode, places: readonly EntryPlace[], text: string): readonly TextEdit[] {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  const comma = /^[ \t]*,/.exec(text.slice(last.end, last.end + 200));
  const end = last.end + (comma?.[0].length ?? 0);
  const isLines = lineStart(text, first.start) > range[0];
  if (isLines && text.slice(range[0] + 1, first.start).trim() === "" && text.slice(end, range[1] - 1).trim() === "") {
    return [{ start: range[0] + 1, end: range[1] - 1, text: "" }];
  }
  return [{ start: first.start, end, text: "" }];
}

/** JSON, which has its keys in quotes, knows one spelling only; for YAML in brackets see {@link respelled}. */
function replaced(
  node: Touched["node"],
  index: number,
  old: ParsedNode,
  value: Json,
  layout: FlowLayout,
  text: string,
): TextEdit {
  const colon = isMap(node) ? afterColon(node.items[index] as Pair) : undefined;
  const start = isMap(node) ? keyStart(node.items[index] as Pair) : undefined;
  if (colon === undefined || start === undefined || /^["']/.test(text.slice(start, start + 1)) || !isInline(value)) {
    return rendered(old, value, layout);
  }
  return respelled(old, colon, value, text, isHarmless(value) ? value : renderInline(value));
}

function rendered({ range }: ParsedNode, value: Json, layout: FlowLayout): TextEdit {
  return { start: range[0], end: range[1], text: render(value, layout) };
}

function render(value: Json, { step, lineBreak }: FlowLayout): string {
  return step === 0 ? renderInline(value) : renderJson(value, step).replaceAll("\n", lineBreak);
}
