import { type Nearness, nearest } from "../model/nearest.ts";

/** Dashes and underscores do not count: `mesh-name` is the flag of `meshName`. */
const NEARNESS: Nearness = { longest: 80, oneIn: 4, always: 1, plain: (name) => name.replaceAll(/[-_]/g, "") };

/**
 * The known name that was probably meant: the one with the fewest edits, if at most a quarter of it is wrong, else one
 * that ends like the unknown name (`logLevel` for `proxy.logLevel`). Case, dashes and underscores do not count.
 */
export function nearestName(unknown: string, known: readonly string[]): string | undefined {
  if (unknown.length > NEARNESS.longest) return undefined;
  return nearest(unknown, known, NEARNESS) ?? known.find((name) => lastPart(name) === lastPart(unknown));
}

function lastPart(name: string): string {
  return name
    .slice(name.lastIndexOf(".") + 1)
    .toLowerCase()
    .replaceAll(/[-_]/g, "");
}
