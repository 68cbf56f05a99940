/** Names longer than this are not compared: the cost grows with the product of the lengths. */
const LONGEST = 80;

/**
 * The known name that was probably meant: the one with the fewest edits, if at most a quarter of it is wrong, else one
 * that ends like the unknown name (`logLevel` for `proxy.logLevel`). Case, dashes and underscores do not count.
 */
export function nearestName(unknown: string, known: readonly string[]): string | undefined {
  if (unknown.length > LONGEST) return undefined;
  const word = plain(unknown);
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(word, plain(name));
    if (distance <= Math.max(1, name.length / 4) && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { name, distance };
    }
  }
  return best?.name ?? known.find((name) => lastPart(name) === lastPart(unknown));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

function lastPart(name: string): string {
  return plain(name.slice(name.lastIndexOf(".") + 1));
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
