import type { MessageInitShape } from "@bufbuild/protobuf";
import { BUFFER_BYTES, UNLIMITED } from "../../bootstrap/limits.ts";
import { seconds } from "../encode/typed.ts";
import type { Cluster, ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { Http2ProtocolOptionsSchema } from "../generated/envoy/config/core/v3/protocol_pb.js";

/** How much an app takes at a time, as far as its author chose; of a pool the part that is the listener's protocol. */
export interface PoolLimits {
  readonly maxConnections?: number | undefined;
  readonly maxPendingRequests?: number | undefined;
  readonly maxRequests?: number | undefined;
}

/** Limits of a cluster: none where its author chose none, in place of those that Envoy would set. */
export function clusterLimits({ maxConnections, maxPendingRequests, maxRequests }: PoolLimits = {}) {
  return {
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    circuitBreakers: {
      thresholds: [
        {
          maxConnections: atMost(maxConnections),
          maxPendingRequests: atMost(maxPendingRequests),
          maxRequests: atMost(maxRequests),
          maxRetries: UNLIMITED,
        },
      ],
    },
  } satisfies MessageInitShape<typeof ClusterSchema>;
}

/** What `clusterLimits` wrote; a limit that is none is absent. */
export function limitsOf({ circuitBreakers }: Cluster): PoolLimits {
  const [given] = circuitBreakers?.thresholds ?? [];
  const limit = (most: number | undefined) => (most === UNLIMITED ? undefined : most);
  return {
    maxConnections: limit(given?.maxConnections),
    maxPendingRequests: limit(given?.maxPendingRequests),
    maxRequests: limit(given?.maxRequests),
  };
}

function atMost(limit: number | undefined): number {
  return Math.min(limit ?? UNLIMITED, UNLIMITED);
}

/**
 * Of ejecting endpoints. Envoy refuses times of 0, and each interval looks at every endpoint; `longest`: what a repeated ejection comes to at
 * most, as Envoy has it, where what is written is not longer.
 */
export const EJECTION_MILLIS = { base: 1, interval: 100, longest: 300_000 } as const;

/** Of the headers of one request, in KiB: Envoy's own bound, written out. */
export const REQUEST_HEADERS_KB = 60;

/**
 * Of the headers of one answer, and of its trailers, in KiB: as much as is kept of a connection. Envoy's own are 60 over HTTP/2 and 80 over HTTP/1
 * (https://github.com/envoyproxy/envoy/pull/36231); over HTTP/2 more than that is a 503, or ends the connection to the app with all that is on it. One
 * header alone may have 64 over HTTP/2, whatever is set (tried with Envoy 1.40).
 */
export const ANSWER_HEADERS_KB = BUFFER_BYTES / 1024;

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

/**
 * Of connections to a gateway, whose clients are strangers: less of each is kept than of a sidecar's. The buffer is for one connection in each
 * direction; the windows are for one request and for a connection over HTTP/2, whose requests at once are those of Envoy's own default. A
 * request must be named within the first time, as nginx has it, and one that no route with an idle time-out took ends after the second,
 * which is App Mesh's standard.
 */
export const STRANGERS = {
  bufferBytes: 262_144,
  headersSeconds: 60,
  idleSeconds: 300,
  http2: {
    ...HTTP2_OPTIONS,
    maxConcurrentStreams: 1024,
    initialStreamWindowSize: 262_144,
    initialConnectionWindowSize: 16_777_216,
  },
} as const;

/**
 * After this a connection from a gateway's first pass to its second is closed, where no request is on it: by the side that opened it, and long before the
 * other one would, so that no request meets a connection that is just being closed.
 */
export const SELF_REDIRECT_IDLE_SECONDS = 60;

/** What a gateway's first pass waits longer than its second, in milliseconds: the second knows whom it waits for, and counts it. */
export const FIRST_PASS_GRACE = 1000;

/** Ten years: what a time-out, or a time of ejection, may be at most. Envoy refuses durations of centuries, and the resource takes any number. */
const LONGEST_SECONDS = 315_360_000;

/** A time-out, or another length of time, of so many milliseconds; 0: none. */
export function timeout(milliseconds: number) {
  return seconds(Math.min(milliseconds / 1000, LONGEST_SECONDS));
}
