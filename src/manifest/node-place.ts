import { isMap, isScalar, isSeq, type Pair, type ParsedNode, Scalar } from "yaml";
import { nextLine } from "./text-edit.ts";

/** The token of a pair or item that the parser kept. */
interface SourceItem {
  readonly start: readonly SourceToken[];
  readonly sep?: readonly SourceToken[];
}
interface SourceToken {
  readonly type: string;
  readonly offset: number;
}

/** Offset of the key of a pair. */
export function keyStart(pair: Pair): number | undefined {
  return (pair.key as ParsedNode | null)?.range[0];
}

/** Offset after the colon of a pair. */
export function afterColon(pair: Pair): number | undefined {
  const source = (pair as { srcToken?: SourceItem }).srcToken;
  const colon = source?.sep?.find((token) => token.type === "map-value-ind");
  return colon === undefined ? undefined : colon.offset + 1;
}

/** Offsets of the dashes of a block-style list, one an item. */
export function dashes(list: ParsedNode): readonly number[] {
  const items = (list.srcToken as { items?: readonly SourceItem[] } | undefined)?.items ?? [];
  return items.flatMap((item) => {
    const dash = item.start.find((token) => token.type === "seq-item-ind");
    return dash === undefined ? [] : [dash.offset];
  });
}

/** Whether a collection is written with brackets. */
export function isFlow(node: ParsedNode | null): boolean {
  return (isMap(node) || isSeq(node)) && node.flow === true;
}

/** Whether a value is a block-style collection that has entries. */
export function isBlock(node: ParsedNode | null): boolean {
  return (isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0;
}

/** Offset of the first line after a pair of a block-style map, or the end of the text. */
export function pairEnd(text: string, pair: Pair): number {
  return linesEnd(text, pair.value as ParsedNode | null, afterColon(pair) ?? keyStart(pair) ?? 0);
}

/** Offset of the first line after a node that begins no earlier than `from`, or the end of the text. */
export function linesEnd(text: string, node: ParsedNode | null, from: number): number {
  if (isBlock(node)) {
    const last = (node as unknown as { items: unknown[] }).items.at(-1);
    return isMap(node)
      ? pairEnd(text, last as Pair)
      : linesEnd(text, last as ParsedNode | null, node?.range[0] ?? from);
  }
  const end = Math.max(node?.range[1] ?? from, from);
  // the text of a block scalar holds its last line break
  if (isScalar(node) && isBlockScalar(node) && text[end - 1] === "\n") return end;
  return nextLine(text, end);
}

function isBlockScalar(node: Scalar): boolean {
  return node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
}
