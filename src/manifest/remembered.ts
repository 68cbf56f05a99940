/** How many texts are remembered, and how long they may be: what is long is seldom met twice. */
export interface MemoryLimits {
  readonly entries: number;
  readonly length: number;
}

/** A function that remembers what it said about recent texts; it must always say the same about a text. */
export function remembered<T>(work: (text: string) => T, { entries, length }: MemoryLimits): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length > length) return work(text);
    const before = known.get(text);
    if (before !== undefined || known.has(text)) return before as T;
    const said = work(text);
    if (known.size >= entries) known.clear();
    known.set(text, said);
    return said;
  };
}
