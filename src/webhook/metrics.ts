import { Counter, Gauge, Histogram } from "prom-client";
import type { REASONS } from "../inject/decision.ts";
import { type CommonGauges, type CommonMetrics, commonMetrics } from "../serving/common-metrics.ts";
import { REVIEW_FAULTS } from "./review.ts";

/** Ways in which a call ends without a decision. */
export const FAILURES = [
  ...REVIEW_FAULTS,
  "wrong-method",
  "wrong-path",
  "wrong-content-type",
  "look-up-failed",
  "internal-error",
] as const;
export type Failure = (typeof FAILURES)[number];

/** How a call ended. `refused`: the sender's fault; `failed`: ours, or the API server's. */
export type Ending = "inject" | "skip" | "deny" | "refused" | "failed";

/** The webhook's metrics. Every label has a fixed set of values: nothing that a pod says becomes one. */
export interface WebhookMetrics extends CommonMetrics {
  /** Counts one call; `seconds` from its last byte in to its answer, absent when it was no review to decide about. */
  answered(ending: Ending, reason: (typeof REASONS)[number] | Failure, seconds?: number): void;
  certificateReload(result: "loaded" | "refused"): void;
}

/** A call takes a tenth of a millisecond; look-ups, an overloaded core or a timeout make more of it. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function webhookMetrics(gauges: CommonGauges): WebhookMetrics {
  const common = commonMetrics(gauges);
  const registers = [common.registry];
  const reviews = new Counter({
    name: "outrigger_admission_reviews_total",
    help: "Admission calls by how they ended and why",
    labelNames: ["outcome", "reason"] as const,
    registers,
  });
  const duration = new Histogram({
    name: "outrigger_admission_duration_seconds",
    help: "Time from the last byte of a call to its answer, of calls that were reviews",
    buckets: BUCKETS,
    registers,
  });
  let lastAdmission = 0;
  new Gauge({
    name: "outrigger_last_admission_timestamp_seconds",
    help: "When the last review was answered, in seconds since 1970; 0 before the first",
    registers,
    collect() {
      this.set(lastAdmission);
    },
  });
  const reloads = new Counter({
    name: "outrigger_certificate_reloads_total",
    help: "Changes of the certificate files, by whether they could be used",
    labelNames: ["result"] as const,
    registers,
  });
  reloads.inc({ result: "loaded" }, 0);
  reloads.inc({ result: "refused" }, 0);
  return {
    ...common,
    answered(ending, reason, seconds) {
      reviews.inc({ outcome: ending, reason });
      if (seconds === undefined) return;
      duration.observe(seconds);
      lastAdmission = Date.now() / 1000;
    },
    certificateReload: (result) => reloads.inc({ result }),
  };
}
