/**
 * The section of `docs/diagnose.md` about a check, as text: its heading's lines up to the next heading. Undefined when the page has none.
 */
export function explanationOf(page: string, id: string): string | undefined {
  const lines = page.split("\n");
  const start = lines.indexOf(`### ${id}`);
  if (start === -1) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#{1,3} /.test(line));
  return `${(end === -1 ? rest : rest.slice(0, end)).join("\n").trim()}\n`;
}
