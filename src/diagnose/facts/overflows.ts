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
  return text.split("\n").flatMap((line): Overflow[] => {
    const [, counter = "", labels = "", value = ""] = /^envoy_(\w*overflow)(?:\{(.*)\})? (\d+)$/.exec(line) ?? [];
    const count = Number(value);
    if (counter === "" || count === 0) return [];
    const of = /(?:^|,)envoy_\w+="((?:[^"\\]|\\.)*)"/.exec(labels)?.[1] ?? "";
    return [{ counter, of, count }];
  });
}
