import { DIAGNOSE_LIMITS } from "../limits.ts";

/** Does something with each item, a few at once, and returns the results in the order of the items. Rejects with the first failure. */
export async function inParallel<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<readonly U[]> {
  const results: U[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(DIAGNOSE_LIMITS.concurrency, items.length) }, worker));
  return results;
}
