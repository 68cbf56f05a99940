import type { MessageInitShape } from "@bufbuild/protobuf";
import type { TargetListenerView } from "../../graph/view.ts";
import { milliseconds } from "../../model/field-types.ts";
import type { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { EJECTION_MILLIS, timeout } from "./limits.ts";

/**
 * When callers leave an endpoint alone: after so many errors in a row, for as long as is written and a multiple of it each time. Envoy's
 * other reasons (rates of success, failures of gateways) are off, as App Mesh had none. One endpoint may always be ejected, however few there
 * are; a health check that succeeds does not bring it back before its time.
 */
export function outlierDetection(
  written: TargetListenerView["outlierDetection"],
): Pick<MessageInitShape<typeof ClusterSchema>, "outlierDetection"> {
  if (written === undefined) return {};
  const base = Math.max(EJECTION_MILLIS.base, milliseconds(written.baseEjectionDuration));
  return {
    outlierDetection: {
      consecutive5xx: Math.min(written.maxServerErrors, 0xff_ff_ff_ff),
      enforcingConsecutive5xx: 100,
      interval: timeout(Math.max(EJECTION_MILLIS.interval, milliseconds(written.interval))),
      baseEjectionTime: timeout(base),
      maxEjectionTime: timeout(Math.max(base, EJECTION_MILLIS.longest)),
      maxEjectionPercent: written.maxEjectionPercent,
      alwaysEjectOneHost: true,
      enforcingSuccessRate: 0,
      enforcingConsecutiveGatewayFailure: 0,
      enforcingFailurePercentage: 0,
      successfulActiveHealthCheckUnejectHost: false,
    },
  };
}
