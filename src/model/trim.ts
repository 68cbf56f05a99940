/** Blanks that may stand around a value of an annotation; the same ones as `\s` in CEL's regular expressions. */
const BLANKS = "\t\n\f\r ";

/**
 * The text without the blanks around it. A no-break space and the like are kept: nobody types them, and CEL does not know
 * them. Its cost is the text's length, which no regular expression that looks for an end keeps to.
 */
export function withoutBlanks(text: string): string {
  let start = 0;
  while (start < text.length && BLANKS.includes(text.charAt(start))) start++;
  const rest = text.slice(start);
  return rest.slice(0, endWithout(rest, BLANKS));
}

/** The text without any of the characters at its end. Its cost is their number. */
export function withoutEnd(text: string, characters: string): string {
  return text.slice(0, endWithout(text, characters));
}

function endWithout(text: string, characters: string): number {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return end;
}
