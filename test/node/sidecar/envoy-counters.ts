import { inUrl } from "../families.ts";

/** Connections that a sidecar has taken since it started. */
export interface EnvoyCounters {
  /** Captured on their way to the app, and passed on. */
  readonly inbound: number;
  /** Captured on their way out of the pod, and passed on. */
  readonly outbound: number;
  /** Made straight to port 15000, and closed. */
  readonly inboundDirect: number;
  /** Made straight to port 15001, and closed. */
  readonly outboundDirect: number;
}

/** Asks a sidecar's status listener, which is not captured itself. @throws when there is no answer within ten seconds. */
export async function envoyCounters(address: string): Promise<EnvoyCounters> {
  const answer = await fetch(`http://${inUrl(address)}:15020/stats/prometheus`, {
    signal: AbortSignal.timeout(10_000),
  });
  const lines = (await answer.text()).split("\n");
  const count = (prefix: string): number => {
    const start = `envoy_tcp_downstream_cx_total{envoy_tcp_prefix="${prefix}"} `;
    // Envoy names a counter first when it counts
    return Number(lines.find((line) => line.startsWith(start))?.slice(start.length) ?? 0);
  };
  return {
    inbound: count("inbound"),
    outbound: count("outbound"),
    inboundDirect: count("inbound_direct"),
    outboundDirect: count("outbound_direct"),
  };
}

/** By how much each counter of a sidecar rose while something was done; what stayed is left out. */
export async function counted(address: string, action: () => Promise<unknown>): Promise<Partial<EnvoyCounters>> {
  const before = await envoyCounters(address);
  await action();
  const after = await envoyCounters(address);
  const names = Object.keys(after) as (keyof EnvoyCounters)[];
  const rises = names.map((name) => [name, after[name] - before[name]] as const);
  return Object.fromEntries(rises.filter(([, rise]) => rise !== 0));
}
