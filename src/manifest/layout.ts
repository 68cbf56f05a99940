import { isMap, isSeq, type ParsedNode, visit } from "yaml";
import { lineStart } from "./text-edit.ts";

/** How a document is laid out, so that what is put in looks like what is there. */
export interface Layout {
  /** Spaces by which a map stands further right than its key. */
  readonly step: number;
  /** Whether the dashes of a list stand further right than its key, or right below it. */
  readonly lists: "indented" | "flush";
  /**
   * Whether text of several lines may become a literal block. Not where the last line has no line break: a block at the
   * end would miss its own.
   */
  readonly blocks: boolean;
}

/** Looks at the first map and the first list that stand below a key; kubectl's own layout where there is none. */
export function layoutOf(text: string, root: ParsedNode): Layout {
  let step: number | undefined;
  let dash: number | undefined;
  visit(root, {
    Pair: (_key, pair) => {
      const value = pair.value;
      if ((!isMap(value) && !isSeq(value)) || value.flow === true) return;
      const key = pair.key as ParsedNode | null;
      const start = value.range?.[0];
      if (key === null || start === undefined || lineStart(text, start) === lineStart(text, key.range[0])) return;
      const further = column(text, start) - column(text, key.range[0]);
      if (isMap(value) && further > 0) step ??= further;
      if (isSeq(value)) dash ??= further;
      if (step !== undefined && dash !== undefined) return visit.BREAK;
      return undefined;
    },
  });
  return {
    step: step ?? (dash !== undefined && dash > 0 ? dash : 2),
    lists: dash !== undefined && dash > 0 ? "indented" : "flush",
    blocks: text.endsWith("\n"),
  };
}

/** Characters between the beginning of the line and the offset. */
export function column(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}
