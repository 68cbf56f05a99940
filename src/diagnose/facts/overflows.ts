import { envoyCounts, envoyLabel } from "./envoy-counts.ts";

/** How often a sidecar refused something since it began because a limit of its configuration was reached. */
export interface Overflow {
  /** Envoy's own name, such as `cluster_upstream_cx_overflow`. */
  readonly counter: string;
  /** Of which cluster, listener, …; empty: of the whole proxy. */
  readonly of: string;
  readonly count: number;
}

/** The counters of refusals in Prometheus' text format that are not zero. */
export function overflowsIn(text: string): readonly Overflow[] {
  return envoyCounts(text)
    .filter(({ name }) => name.endsWith("overflow"))
    .map(({ name, labels, value }) => ({ counter: name, of: envoyLabel(labels), count: value }));
}
