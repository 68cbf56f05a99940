/** Text of one input that is to stand in one output with others. */
export interface Stream {
  readonly format: "yaml" | "json";
  readonly text: string;
}

/**
 * Puts the texts one behind the other so that each document stays one: YAML with `---` between, JSON with line breaks.
 * A single text comes out as it is.
 */
export function joinStreams(streams: readonly Stream[]): string {
  const filled = streams.filter(({ text }) => text.trim() !== "");
  const [first] = filled;
  if (filled.length <= 1) return first?.text ?? "";
  if (filled.every(({ format }) => format === "json")) return filled.map(({ text }) => ended(text)).join("");
  // a JSON object at the very beginning would make kubectl expect nothing but JSON
  const start = first?.format === "json" ? "---\n" : "";
  return filled.reduce((joined, { text }) => joined + separator(joined, text) + ended(text), start);
}

function separator(joined: string, next: string): string {
  if (joined === "" || joined === "---\n") return "";
  // a directive is only one after the end of the document before it
  if (next.startsWith("%")) return "...\n";
  const first = next.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#"));
  return first !== undefined && /^---(\s|$)/.test(first) ? "" : "---\n";
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
