import { expect, test } from "vitest";
import { commonMetrics } from "./common-metrics.ts";

test("gauges are read at each scrape, and a TLS error is counted", async () => {
  const state: { expiry: number | undefined } = { expiry: undefined };
  const cacheAges = () => new Map([["pods", 3]]);
  const metrics = commonMetrics({ cacheAges, certificateExpiry: () => state.expiry });
  metrics.tlsError();
  const before = await metrics.registry.metrics();
  expect(before).toContain("\noutrigger_tls_errors_total 1\n");
  expect(before).toContain('\noutrigger_cache_age_seconds{resource="pods"} 3\n');
  expect(before).toContain("\nprocess_cpu_seconds_total ");
  state.expiry = 60;
  expect(await metrics.registry.metrics()).toContain("\noutrigger_certificate_expiry_seconds 60\n");
});
