import { INSTALL_LIMITS } from "./limits.ts";

/** What `ask` answers about each, in their order, a few at a time. Rejects as the first that does. */
export async function inBatches<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<readonly R[]> {
  const answers: R[] = [];
  for (let start = 0; start < all.length; start += INSTALL_LIMITS.callsAtOnce) {
    answers.push(...(await Promise.all(all.slice(start, start + INSTALL_LIMITS.callsAtOnce).map(ask))));
  }
  return answers;
}
