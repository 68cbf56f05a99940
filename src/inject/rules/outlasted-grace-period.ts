import { gracePeriodSeconds } from "../grace-period.ts";
import type { Ended, Trace } from "../trace.ts";
import type { Seen } from "./seen.ts";

/** A delay that outlasts the grace period ends in SIGKILL in the middle of draining (bug C6). */
export function outlastedGracePeriod(
  { pod, settings }: Pick<Seen, "pod" | "settings">,
  trace: Trace,
): Ended | undefined {
  const grace = gracePeriodSeconds(pod);
  const { mode, preStopDelaySeconds, drainSeconds } = settings.configuration.proxy;
  const delay = settings.stopDelaySeconds ?? 0;
  // stock Envoy ends at once when it is told to
  const drain = settings.flavor === "aws" ? drainSeconds : 0;
  const gateway = settings.role.kind === "virtualGateway";
  const isDelayed = gateway
    ? settings.flavor === "envoy" && settings.stopDelaySeconds === undefined
    : mode === "ordinary";
  const sidecar = isDelayed ? preStopDelaySeconds + drain : 0;
  const longest = Math.max(delay, sidecar);
  if (longest === 0 || longest < grace) return undefined;
  return trace.warn(
    "grace-period",
    `stopping takes up to ${longest} s (${longest === delay ? "stop delay" : drain > 0 ? "preStop delay and drain" : "preStop delay"}), but the pod is killed after ${grace} s: raise terminationGracePeriodSeconds`,
  );
}
