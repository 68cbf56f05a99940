import type { MessageInitShape } from "@bufbuild/protobuf";
import type { TargetListenerView } from "../../graph/view.ts";
import { seconds } from "../encode/typed.ts";
import type { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { EJECTION_SECONDS, LONGEST_SECONDS } from "./limits.ts";

type Written = NonNullable<TargetListenerView["outlierDetection"]>;

/**
 * When callers leave an endpoint alone: after so many errors in a row, for as long as is written and a multiple of it each time. Envoy's
 * other reasons (rates of success, failures of gateways) are off, as App Mesh had none. One endpoint may always be ejected, however few there
 * are; a health check that succeeds does not bring it back before its time.
 */
export function outlierDetection(
  written: TargetListenerView["outlierDetection"],
): Pick<MessageInitShape<typeof ClusterSchema>, "outlierDetection"> {
  if (written === undefined) return {};
  const base = between(EJECTION_SECONDS.base, secondsOf(written.baseEjectionDuration));
  return {
    outlierDetection: {
      consecutive5xx: Math.min(written.maxServerErrors, 0xff_ff_ff_ff),
      enforcingConsecutive5xx: 100,
      interval: seconds(between(EJECTION_SECONDS.interval, secondsOf(written.interval))),
      baseEjectionTime: seconds(base),
      maxEjectionTime: seconds(Math.max(base, EJECTION_SECONDS.longest)),
      maxEjectionPercent: written.maxEjectionPercent,
      alwaysEjectOneHost: true,
      enforcingSuccessRate: 0,
      enforcingConsecutiveGatewayFailure: 0,
      enforcingFailurePercentage: 0,
      successfulActiveHealthCheckUnejectHost: false,
    },
  };
}

function secondsOf({ unit, value }: Written["interval"]): number {
  return unit === "s" ? value : value / 1000;
}

function between(least: number, value: number): number {
  return Math.min(Math.max(least, value), LONGEST_SECONDS);
}
