/** Puts `text` in place of the characters from `start` to before `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap; those at one place keep their order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = withoutLastLineBreak(
    text,
    edits.toSorted((a, b) => a.start - b.start),
  );
  const parts: string[] = [];
  let at = 0;
  for (const edit of ordered) {
    parts.push(text.slice(at, Math.max(at, edit.start)), edit.text);
    at = Math.max(at, edit.end);
  }
  parts.push(text.slice(at));
  return parts.join("");
}

/** Inserts whole lines at the beginning of a line, or at the end of a text whose last line is not ended. */
export function insertLines(text: string, at: number, lines: readonly string[]): TextEdit {
  const newline = lineBreakOf(text);
  const joined = lines.join(newline);
  const inside = at === 0 || text[at - 1] === "\n";
  return { start: at, end: at, text: inside ? joined + newline : newline + joined };
}

/** Offset of the first character of the line that holds `offset`. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Offset after the line break of the line that holds `offset`, or the end of the text. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** The line break that the text uses; its first one counts. */
export function lineBreakOf(text: string): "\n" | "\r\n" {
  const first = text.indexOf("\n");
  return first > 0 && text[first - 1] === "\r" ? "\r\n" : "\n";
}

/**
 * A text without a line break at its end has none after its last lines were deleted either: then the break before
 * them goes, too.
 */
function withoutLastLineBreak(text: string, ordered: readonly TextEdit[]): readonly TextEdit[] {
  if (text.endsWith("\n")) return ordered;
  let boundary = text.length;
  for (const edit of ordered.toReversed()) {
    if (edit.text === "" && edit.end === boundary) boundary = edit.start;
  }
  if (boundary === text.length || boundary === 0 || text[boundary - 1] !== "\n") return ordered;
  const start = text[boundary - 2] === "\r" ? boundary - 2 : boundary - 1;
  const at = ordered.findIndex((edit) => edit.start >= boundary);
  return ordered.toSpliced(at, 0, { start, end: boundary, text: "" });
}
