import { vi } from "vitest";

/** In milliseconds. What never comes is said only then; what comes late on a busy machine is no failure. */
const PATIENCE = { timeout: 60_000, interval: 50 };

/** Asks until `check` no longer throws, and gives what it returned; in the end throws what it threw last. */
export function comesTrue<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, PATIENCE);
}
