import { isMap, isScalar, isSeq, type Node, type Pair, type ParsedNode } from "yaml";
import type { ManifestDocument } from "./parse.ts";

/**
 * The one-based line at which a value of a document stands, by the keys and indexes that lead to it: that of the key, or of the item of a
 * list. Where the way ends before, as for a field that is missing, the line of the last step that is there.
 */
export function lineOfPath(text: string, { root, line }: ManifestDocument, way: readonly string[]): number {
  let node: ParsedNode | null = root;
  let offset = root.range[0];
  for (const step of way) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === step) as Pair | undefined;
      if (pair === undefined) break;
      offset = (pair.key as ParsedNode).range[0];
      node = pair.value as ParsedNode | null;
    } else if (isSeq(node)) {
      const item: Node | undefined = node.items[Number(step)] as Node | undefined;
      if (item === undefined) break;
      node = item as ParsedNode;
      offset = node.range[0];
    } else break;
  }
  return line + lineBreaks(text.slice(root.range[0], offset));
}

function lineBreaks(text: string): number {
  return text.split("\n").length - 1;
}
