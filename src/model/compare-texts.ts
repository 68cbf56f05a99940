/** The order of texts by their code units, for `toSorted`: the same on every machine, whatever its language is. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
