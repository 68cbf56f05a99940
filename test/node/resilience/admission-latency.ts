import { kubectl } from "../kubectl.ts";

const DURATION = "apiserver_admission_webhook_admission_duration_seconds";
const FAILED_OPEN = "apiserver_admission_webhook_fail_open_count";
const WEBHOOK = 'name="pods.inject.outrigger.dev"';

/** What the API server has counted of the calls to our webhook since it started. */
export interface AdmissionCounts {
  readonly calls: number;
  /** Of all calls, seconds. */
  readonly seconds: number;
  /** Calls that took no longer than so many seconds, shortest first. */
  readonly upTo: ReadonlyMap<number, number>;
  /** Calls that failed, and whose pods were created without a sidecar. */
  readonly failedOpen: number;
}

/** Reads the metrics of the API server. */
export async function admissionCounts(): Promise<AdmissionCounts> {
  const lines = (await kubectl("get", "--raw", "/metrics")).split("\n").filter((line) => line.includes(WEBHOOK));
  const value = (line: string): number => Number(line.slice(line.lastIndexOf(" ") + 1));
  const sum = (metric: string): number =>
    lines.filter((line) => line.startsWith(`${metric}{`)).reduce((total, line) => total + value(line), 0);
  const upTo = new Map<number, number>();
  for (const line of lines.filter((one) => one.startsWith(`${DURATION}_bucket{`))) {
    const bound = Number(/le="([^"]+)"/.exec(line)?.[1]?.replace("+Inf", "Infinity"));
    upTo.set(bound, (upTo.get(bound) ?? 0) + value(line));
  }
  return { calls: sum(`${DURATION}_count`), seconds: sum(`${DURATION}_sum`), upTo, failedOpen: sum(FAILED_OPEN) };
}

/** What was counted between two readings, in milliseconds; `within` is the smallest bound of the API server's that holds a share of the calls. */
export function admissionLatency(
  before: AdmissionCounts,
  after: AdmissionCounts,
): { readonly calls: number; readonly mean: number; readonly within: (share: number) => number } {
  const calls = after.calls - before.calls;
  return {
    calls,
    mean: ((after.seconds - before.seconds) / calls) * 1_000,
    within(share) {
      const held = [...after.upTo].find(([bound, count]) => count - (before.upTo.get(bound) ?? 0) >= calls * share);
      return (held?.[0] ?? Number.POSITIVE_INFINITY) * 1_000;
    },
  };
}
