import { describe, expect, it } from "vitest";
import { Faults } from "./faults.ts";

function countOf(percent: number, requests: number): number {
  const faults = new Faults();
  faults.set(percent);
  return Array.from({ length: requests }, () => faults.next()).filter(Boolean).length;
}

describe("Faults", () => {
  it("are the share that was asked for, give or take a twentieth", () => {
    for (const percent of [10, 50, 90]) {
      const share = countOf(percent, 1000) / 10;
      expect(share).toBeGreaterThan(percent - 5);
      expect(share).toBeLessThan(percent + 5);
    }
  });

  it("are none before anything was set, none at 0 and all at 100", () => {
    expect(new Faults().next()).toBe(false);
    expect(countOf(0, 1000)).toBe(0);
    expect(countOf(100, 1000)).toBe(1000);
  });

  it("are the same in every run", () => {
    expect(countOf(50, 100)).toBe(countOf(50, 100));
  });
});
