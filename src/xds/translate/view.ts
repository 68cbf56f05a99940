import type { ProxyTraits } from "../../model/proxy-traits.ts";

/** What one proxy may see, and how it wants it: all that its configuration depends on. */
export interface ProxyView {
  readonly traits: ProxyTraits;
  /** File for a line a connection; empty: none. */
  readonly accessLog: string;
}
