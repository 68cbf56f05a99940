/** Text of a stranger as a log or a terminal may show it: one line, without control characters. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}

/** The same, and cut where it has more characters than that. */
export function shortLine(text: string, most: number): string {
  const line = oneLine(text);
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line;
}
