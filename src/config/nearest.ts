import { editDistance } from "../model/edit-distance.ts";

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
