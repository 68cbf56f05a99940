import type { JsonObject } from "../../model/json.ts";

/**
 * Whether each direction has a cluster of its own. `shared`, one for both, is what release 0.1.0 gave: its Envoys cut open
 * connections 20 seconds after a listener changes, so theirs stay as they were, byte for byte.
 */
export type Separation = "separate" | "shared";

/** What one proxy may see, and how it wants it: all that its configuration depends on. */
export interface ProxyView {
  /** Listeners of both families, else of IPv4 only. */
  readonly ipv6: boolean;
  /** Whether each direction has a cluster of its own. */
  readonly directions: Separation;
  /** File for a line a connection; empty: none. */
  readonly accessLog: string;
  /** An `HttpConnectionManager.Tracing` message, for every connection manager; undefined: no tracing. */
  readonly tracing: JsonObject | undefined;
}
