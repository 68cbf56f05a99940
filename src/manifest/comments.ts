import { Lexer } from "yaml";
import { column } from "./layout.ts";
import { lineBreakOf, lineStart, type TextEdit } from "./text-edit.ts";

interface Comment {
  readonly offset: number;
  readonly text: string;
}

/** The comments of YAML text from `start` to before `end`, which lie in one document. */
export function commentsWithin(text: string, start: number, end: number): readonly Comment[] {
  // to tell a comment from text, all before it has to be read: so only where there may be one
  if (!text.slice(start, end).includes("#")) return [];
  const comments: Comment[] = [];
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (offset >= end) break;
    if (lexeme.startsWith("#") && offset >= start) comments.push({ offset, text: lexeme.trimEnd() });
    if (!MARKS.has(lexeme)) offset += lexeme.length;
  }
  return comments;
}

/** What the lexer puts between the parts of the text: document, scalar, end of brackets. */
const MARKS: ReadonlySet<string> = new Set(["\x02", "\x1f", "\x18"]);

/** The edits, each with the comments that stood in what it takes away: a comment is never lost. */
export function keepingComments(edits: readonly TextEdit[], text: string): readonly TextEdit[] {
  return edits.map((edit) => {
    const comments = commentsWithin(text, edit.start, edit.end);
    return comments.length === 0 ? edit : { ...edit, text: withComments(edit, comments, text) };
  });
}

function withComments(edit: TextEdit, comments: readonly Comment[], text: string): string {
  const newline = lineBreakOf(text);
  if (edit.end === text.length || text[edit.end - 1] === "\n") {
    const first = text.slice(edit.start, edit.end);
    const indent = " ".repeat(column(text, edit.start) + (/^ */.exec(first)?.[0].length ?? 0));
    const lines = comments.map((comment) => indent + comment.text).join(newline);
    const inside = edit.text === "" ? edit.start === lineStart(text, edit.start) : edit.text.endsWith("\n");
    return edit.text + (inside ? "" : newline) + lines + (text[edit.end - 1] === "\n" ? newline : "");
  }
  // what follows on the last line stays in its column
  const indent = " ".repeat(column(text, edit.end));
  const lines = comments.map((comment, index) => (index === 0 ? " " : indent) + comment.text + newline);
  return `${lines.join("")}${indent}${edit.text}`;
}
