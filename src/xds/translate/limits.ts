import type { MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES, UNLIMITED } from "../../bootstrap/limits.ts";
import type { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";

/** Limits of a cluster whose author chose none, in place of those that Envoy would set. */
export function clusterLimits() {
  return {
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    circuitBreakers: {
      thresholds: [
        { maxConnections: UNLIMITED, maxPendingRequests: UNLIMITED, maxRequests: UNLIMITED, maxRetries: UNLIMITED },
      ],
    },
  } satisfies MessageInitShape<typeof ClusterSchema>;
}
