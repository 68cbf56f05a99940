import type { MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES, UNLIMITED } from "../../bootstrap/limits.ts";
import { seconds } from "../encode/typed.ts";
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

/** Of the headers of one request, in KiB: Envoy's own bound, written out. */
export const REQUEST_HEADERS_KB = 60;

/** Headers of a request or an answer. Envoy's own 100 is what some single sign-on already exceeds. */
export const MAX_HEADERS = 1000;

/** Ten years: what a time-out may be at most. Envoy refuses durations of centuries, and the resource takes any number. */
const LONGEST_SECONDS = 315_360_000;

/** A time-out of so many milliseconds; 0: none. */
export function timeout(milliseconds: number) {
  return seconds(Math.min(milliseconds / 1000, LONGEST_SECONDS));
}
