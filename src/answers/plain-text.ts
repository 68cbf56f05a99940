import { shortLine } from "../model/one-line.ts";
import { ANSWER_LIMITS } from "./limits.ts";

/** Text of a stranger as a terminal may show it: one line, without control characters, and not without end. */
export function plain(text: string): string {
  return shortLine(text, ANSWER_LIMITS.text);
}

/** The first few names of strangers for a sentence: `a, b and 4 more`. */
export function plainList(names: readonly string[]): string {
  const named = names.slice(0, ANSWER_LIMITS.namedObjects);
  const more = names.length - named.length;
  return `${named.map(plain).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
