import { expect } from "vitest";
import type { ChaosReport } from "./run-chaos.ts";

/** Nothing failed, and it was about something: for each of the loads, with refusals, and so many interruptions at least. */
export async function expectNothingLost(
  { faults, ...counts }: ChaosReport,
  interruptions: number,
  annotate: (text: string) => Promise<unknown>,
): Promise<void> {
  await annotate(JSON.stringify(counts));
  expect(faults).toEqual([]);
  for (const [load, count] of Object.entries(counts.surelyAnswered)) expect(count, load).toBeGreaterThan(10);
  expect(counts.refusals).toBeGreaterThan(0);
  expect(counts.interruptions).toBeGreaterThanOrEqual(interruptions);
}
