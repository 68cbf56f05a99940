/** Samples of one metric in Prometheus' text format: the value of each line that begins with the name. Anything else is passed over. */
export function samples(text: string, name: string): readonly number[] {
  const found: number[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith(name)) continue;
    const next = line[name.length];
    if (next !== "{" && next !== " ") continue;
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (!Number.isNaN(value)) found.push(value);
  }
  return found;
}

/** The sum of a metric's samples; undefined when there are none. */
export function total(text: string, name: string): number | undefined {
  const found = samples(text, name);
  return found.length === 0 ? undefined : found.reduce((sum, value) => sum + value, 0);
}
