import { expect, test } from "vitest";
import { allowed } from "../node/mesh/loaded/shares.ts";

/** The chance that a fair coin shows heads so many times or less, out of 64 throws: exactly, in units of 2⁻⁶⁴. */
function headsAtMost(most: number): bigint {
  let [ways, sum] = [1n, 0n];
  for (let heads = 0; heads <= most; heads++) {
    sum += ways;
    ways = (ways * BigInt(64 - heads)) / BigInt(heads + 1);
  }
  return sum;
}

test("the bounds of a share leave out what chance brings less than once in a thousand million", () => {
  const { least, most } = allowed(64, 0.5);
  const half = 2n ** 64n / 2_000_000_000n;
  expect(headsAtMost(least - 1) <= half).toBe(true);
  expect(headsAtMost(least) > half).toBe(true);
  expect(most).toBe(64 - least);
});

test.each([
  { trials: 10, share: 0.5, least: 0, most: 10 },
  { trials: 400, share: 0, least: 0, most: 0 },
  { trials: 400, share: 1, least: 400, most: 400 },
])("$trials trials of a share of $share: $least to $most", ({ trials, share, ...bounds }) => {
  expect(allowed(trials, share)).toEqual(bounds);
});

test("a share of a tenth is told from none and from a fifth by 1,000 requests", () => {
  const { least, most } = allowed(1000, 0.1);
  expect(least).toBeGreaterThan(0);
  expect(most).toBeLessThan(200);
});
