import type { JsonObject } from "../model/json.ts";
import { typed } from "./typed.ts";

/*
 * The limits in a pod's bootstrap that differ from Envoy's defaults, or that must not follow them. A limit with the default that we want is
 * left out of clusters of our own, so that pods stay small; what the control plane sends has limits in xds/translate as well. A pod with a
 * sidecar must carry what it carries without one: a sidecar that refuses its own app's connections turns a busy moment into an outage.
 */

/** The largest number that all of Envoy's limits take: where no pod arrives. Descriptors and memory bound it. */
export const UNLIMITED = 2_147_483_647;

/** What Envoy keeps of a connection in each direction while the other side is slow; more waits in the kernel. */
export const BUFFER_BYTES = 1_048_576;

/** Automaton states of a regular expression. A route's regex comes from a mesh author; App Mesh allowed the same 1000. */
const REGEX_PROGRAM_SIZE = 1000;

/**
 * Limits of a cluster. Envoy's own are 1,024 connections, requests and pending requests, and 3 retries at once; App Mesh
 * set all four as here (a connection pool of its own is a limit that a mesh's author chose).
 */
export function clusterLimits(): JsonObject {
  return { per_connection_buffer_limit_bytes: BUFFER_BYTES, ...noBreakers() };
}

/** The four limits alone, for our own clusters: what they keep of a connection is Envoy's default, which is {@link BUFFER_BYTES}. */
export function noBreakers(): JsonObject {
  return {
    circuit_breakers: {
      thresholds: [
        {
          max_connections: UNLIMITED,
          max_pending_requests: UNLIMITED,
          max_requests: UNLIMITED,
          max_retries: UNLIMITED,
        },
      ],
    },
  };
}

/** Of a connection to a server of HTTP/2: Envoy's own is 1,024 requests at once. The server says what it takes. */
export const HTTP2_LIMITS: JsonObject = { max_concurrent_streams: UNLIMITED };

/**
 * Of the answer to a probe. The kubelet reads headers of 10 MiB, however many; Envoy takes at most 8 MiB, and 60 KiB and
 * 100 headers by default.
 */
export const PROBE_ANSWER_LIMITS: JsonObject = { max_headers_count: UNLIMITED, max_response_headers_kb: 8192 };

/** A client of the status listener that sends or reads nothing is gone after this long; the kubelet makes a new connection for each probe. */
export const IDLE_SECONDS = 60;

/** Headers of a request to the status listener: more than anybody writes into a probe. All together have Envoy's default, 60 KiB. */
export const QUESTION_HEADERS = 1000;

/** Overload manager and runtime of the proxy. The runtime has no admin layer: nothing may change it in a running proxy. */
export function limits(): JsonObject {
  return {
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: typed(
            "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            { max_active_downstream_connections: UNLIMITED },
          ),
        },
      ],
    },
    layered_runtime: {
      layers: [{ name: "outrigger", static_layer: { "re2.max_program_size.error_level": REGEX_PROGRAM_SIZE } }],
    },
  };
}
