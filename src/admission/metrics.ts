import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { REVIEW_FAULTS } from "./review.ts";

/** What is wrong with a call that is no review at all. */
export type RequestFault = "wrong-method" | "wrong-path" | "wrong-content-type";

/** Ways in which a call ends without a decision: a fixed set, safe as a metric label. */
export const FAILURES = [
  ...REVIEW_FAULTS,
  "wrong-method",
  "wrong-path",
  "wrong-content-type",
  "look-up-failed",
  "internal-error",
] as const;
export type Failure = (typeof FAILURES)[number];

/** What is counted of calls. `Outcome` and `Reason` are the fixed sets of who answers. */
export interface AdmissionMetrics<Outcome extends string, Reason extends string> {
  /** Counts one call; `seconds` from its last byte in to its answer, absent when it was no review to decide about. */
  answered(outcome: Outcome | "refused" | "failed", reason: Reason | Failure, seconds?: number): void;
}

/** What the server itself counts. */
export interface ServerMetrics {
  answered(outcome: "refused", reason: RequestFault): void;
  tlsError(): void;
}

/** A call takes a tenth of a millisecond; look-ups, an overloaded core or a timeout make more of it. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Metrics of calls: the same names whoever serves. */
export function admissionMetrics<Outcome extends string, Reason extends string>(
  registry: Registry,
): AdmissionMetrics<Outcome, Reason> {
  const registers = [registry];
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
  return {
    answered(outcome, reason, seconds) {
      reviews.inc({ outcome, reason });
      if (seconds === undefined) return;
      duration.observe(seconds);
      lastAdmission = Date.now() / 1000;
    },
  };
}
