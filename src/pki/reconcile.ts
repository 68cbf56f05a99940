import { Backoff } from "../kube/backoff.ts";
import type { Follow } from "./follow-object.ts";
import type { WakeUp } from "./wake-up.ts";

/** Waiting after a step that failed, in milliseconds: soon at first, because most often somebody else was faster. */
const RETRY_MIN = 100;
const RETRY_MAX = 15_000;
/** Between two steps that nobody woke, so that no mistake about time makes a tight circle. */
const SHORTEST = 20;

export interface Reconciliation {
  /** What is a reason for a step, besides time. */
  readonly follow: Follow;
  /** Brings the world one step nearer to what it should be, and says when to look again, in milliseconds from now. */
  readonly step: () => Promise<number>;
  /** Called with a step that was rejected; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/** Runs steps, one at a time, until the signal; the first one at once. Never throws. */
export async function reconcile(
  { follow, step, failed }: Reconciliation,
  wakeUp: WakeUp,
  signal: AbortSignal,
): Promise<void> {
  const following = follow(wakeUp.wake, signal);
  const backoff = new Backoff(RETRY_MIN, RETRY_MAX);
  while (!signal.aborted) {
    let pause: number;
    try {
      pause = Math.max(SHORTEST, await step());
      backoff.reset();
    } catch (error) {
      if (signal.aborted) break;
      failed(error);
      pause = backoff.next();
    }
    await wakeUp.sleep(pause, signal);
  }
  await following;
}
