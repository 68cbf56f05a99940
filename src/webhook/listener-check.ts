import type { ReadinessCheck } from "../serving/readiness.ts";
import { LIMITS } from "./limits.ts";
import type { SelfTestResult } from "./self-test.ts";

/** The listener answers a synthetic review. The answer holds for a while: probes of the kubelet must not add load. */
export function listenerCheck(
  test: () => Promise<SelfTestResult>,
  now: () => number = () => performance.now(),
): ReadinessCheck {
  let last: { readonly at: number; readonly result: Promise<SelfTestResult> } | undefined;
  return {
    name: "listener",
    problem() {
      if (last === undefined || now() - last.at > LIMITS.selfTestAge) last = { at: now(), result: test() };
      return last.result;
    },
  };
}
