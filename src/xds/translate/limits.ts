import type { MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES, UNLIMITED } from "../../bootstrap/limits.ts";
import { seconds } from "../encode/typed.ts";
import type { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { Http2ProtocolOptionsSchema } from "../generated/envoy/config/core/v3/protocol_pb.js";

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

/**
 * Of a connection over HTTP/2. As many requests at once as somebody makes: Envoy's own 1,024 is what clients of long-lived gRPC streams
 * queue behind. Of an answer that its reader does not read a sidecar keeps what it keeps over HTTP/1; the window of the whole connection,
 * Envoy's of the time of App Mesh, is what 256 such readers fill before the others of their connection wait for them (Envoy's own now is
 * filled by two). What one request does wrong ends it, and not the other requests of its connection.
 */
export const HTTP2_OPTIONS = {
  maxConcurrentStreams: UNLIMITED,
  initialStreamWindowSize: BUFFER_BYTES,
  initialConnectionWindowSize: 256 * BUFFER_BYTES,
  overrideStreamErrorOnInvalidHttpMessage: true,
} as const satisfies MessageInitShape<typeof Http2ProtocolOptionsSchema>;

/** Ten years: what a time-out may be at most. Envoy refuses durations of centuries, and the resource takes any number. */
const LONGEST_SECONDS = 315_360_000;

/** A time-out of so many milliseconds; 0: none. */
export function timeout(milliseconds: number) {
  return seconds(Math.min(milliseconds / 1000, LONGEST_SECONDS));
}
