/** A statistic of Envoy's that counts something, of a line of Prometheus' text format. */
export interface EnvoyCount {
  /** Without `envoy_`, such as `cluster_upstream_cx_overflow`. */
  readonly name: string;
  /** As they are written, without braces. */
  readonly labels: string;
  readonly value: number;
}

/** Envoy's statistics in Prometheus' text format that are not zero; anything else is passed over. */
export function envoyCounts(text: string): readonly EnvoyCount[] {
  return text.split("\n").flatMap((line): EnvoyCount[] => {
    const [, name = "", labels = "", value = ""] = /^envoy_(\w+)(?:\{(.*)\})? (\d+)$/.exec(line) ?? [];
    const count = Number(value);
    return name === "" || count === 0 ? [] : [{ name, labels, value: count }];
  });
}

/** The value of one of Envoy's own labels, of the first where no name is given; empty where there is none. */
export function envoyLabel(labels: string, name = "\\w+"): string {
  return new RegExp(`(?:^|,)envoy_${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1] ?? "";
}
