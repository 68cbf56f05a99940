import type { Separation } from "../../bootstrap/pass-through.ts";
import type { JsonObject } from "../../model/json.ts";

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
