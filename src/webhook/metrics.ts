import { Counter } from "prom-client";
import { type AdmissionMetrics, admissionMetrics } from "../admission/metrics.ts";
import type { REASONS } from "../inject/decision.ts";
import { type CommonGauges, type CommonMetrics, commonMetrics } from "../serving/common-metrics.ts";

/** The webhook's metrics. Every label has a fixed set of values: nothing that a pod says becomes one. */
export interface WebhookMetrics
  extends CommonMetrics,
    AdmissionMetrics<"inject" | "skip" | "deny", (typeof REASONS)[number]> {
  certificateReload(result: "loaded" | "refused"): void;
}

export function webhookMetrics(gauges: CommonGauges): WebhookMetrics {
  const common = commonMetrics(gauges);
  const reloads = new Counter({
    name: "outrigger_certificate_reloads_total",
    help: "Changes of the certificate files, by whether they could be used",
    labelNames: ["result"] as const,
    registers: [common.registry],
  });
  reloads.inc({ result: "loaded" }, 0);
  reloads.inc({ result: "refused" }, 0);
  return {
    ...common,
    ...admissionMetrics(common.registry),
    certificateReload: (result) => reloads.inc({ result }),
  };
}
