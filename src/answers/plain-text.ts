import { shortLine } from "../model/one-line.ts";
import { ANSWER_LIMITS } from "./limits.ts";

/** Text of a stranger as a terminal may show it: one line, without control characters, and not without end. */
export function plain(text: string): string {
  return shortLine(text, ANSWER_LIMITS.text);
}

/** `1 pod`, `2 pods`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** The first few names of strangers for a sentence: `a, b and 4 more`. `total`: how many there are, where `names` are only some of them. */
export function plainList(names: readonly string[], total = names.length): string {
  const named = names.slice(0, ANSWER_LIMITS.namedObjects);
  const more = total - named.length;
  return `${named.map(plain).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
