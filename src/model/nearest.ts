import { editDistance } from "./edit-distance.ts";

/** When a known word is near enough to an unknown one to be suggested. */
export interface Nearness {
  /** Words longer than this are not compared: nobody mistypes them, and the cost grows with the product of both lengths. */
  readonly longest: number;
  /** One in so many letters of a known word may be wrong. */
  readonly oneIn: number;
  /** How many letters may be wrong in any case, however short the known word is. */
  readonly always: number;
  /** What is compared of a word; case never counts. */
  readonly plain?: (word: string) => string;
}

/** The known word that differs from the unknown one by the fewest edits, the first of several; undefined when none is near enough. */
export function nearest(word: string, known: readonly string[], nearness: Nearness): string | undefined {
  return nearestOnes(word, known, nearness)[0];
}

/** All known words that differ from the unknown one by the fewest edits, in their order; none where none is near enough. */
export function nearestOnes(
  word: string,
  known: readonly string[],
  { longest, oneIn, always, plain = (text) => text }: Nearness,
): readonly string[] {
  if (word.length > longest) return [];
  const asked = plain(word).toLowerCase();
  let best: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const name of known) {
    if (name.length > longest) continue;
    const compared = plain(name).toLowerCase();
    const most = Math.min(least, Math.max(always, name.length / oneIn));
    // each letter more or less is an edit
    if (Math.abs(asked.length - compared.length) > most) continue;
    const distance = editDistance(asked, compared);
    if (distance > most) continue;
    if (distance < least) best = [];
    best.push(name);
    least = distance;
  }
  return best;
}
