import { editDistance } from "../model/edit-distance.ts";

/** Words longer than this are not compared: no slip of an annotation's name is, and the cost grows with both lengths. */
const LONGEST = 64;

/** The candidate that differs from the word by the fewest edits, if by at most a third of its length. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (word.length > LONGEST || candidate.length > LONGEST) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(2, candidate.length / 3) && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}
