import { member, numberOf } from "../model/json.ts";
import type { PodView } from "./pod.ts";

/** What the API server fills in for a pod that says nothing. */
const DEFAULT_GRACE_SECONDS = 30;

/** Seconds between the order to stop and SIGKILL. */
export function gracePeriodSeconds(pod: PodView): number {
  return numberOf(member(pod.spec, "terminationGracePeriodSeconds")) ?? DEFAULT_GRACE_SECONDS;
}

/**
 * As much of a delay as a `preStop.sleep` can have: the API server refuses one that is longer than the grace period
 * (kubernetes `validateSleepAction`). Zero or less: no sleep at all, for older API servers refuse zero too.
 */
export function possibleSleep(pod: PodView, seconds: number): number {
  return Math.max(0, Math.min(seconds, gracePeriodSeconds(pod)));
}
