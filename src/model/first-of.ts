/** The first of many names for a sentence: `a, b and 4 more`. `total`: how many there are, where `names` are only some of them. */
export function firstOf(names: readonly string[], most: number, total = names.length): string {
  const named = names.slice(0, most);
  const more = total - named.length;
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
