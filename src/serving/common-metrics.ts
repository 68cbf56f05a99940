import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

/** A registry with what every role counts, and the way to count it. */
export interface CommonMetrics {
  readonly registry: Registry;
  tlsError(): void;
}

/** Read at each scrape. */
export interface CommonGauges {
  /** Seconds since each cache last heard of the API server. */
  readonly cacheAges: () => ReadonlyMap<string, number>;
  /** Seconds until the certificate in use ends; undefined before there is one. */
  readonly certificateExpiry: () => number | undefined;
}

/** The process, its listener's TLS, its certificate and its caches: the same names whoever serves. */
export function commonMetrics(gauges: CommonGauges): CommonMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const tlsErrors = new Counter({
    name: "outrigger_tls_errors_total",
    help: "Connections that broke off or failed before a TLS session stood",
    registers,
  });
  new Gauge({
    name: "outrigger_certificate_expiry_seconds",
    help: "Seconds until the certificate in use ends",
    registers,
    collect() {
      const seconds = gauges.certificateExpiry();
      if (seconds !== undefined) this.set(seconds);
    },
  });
  new Gauge({
    name: "outrigger_cache_age_seconds",
    help: "Seconds since a cache last heard of the API server",
    labelNames: ["resource"] as const,
    registers,
    collect() {
      for (const [resource, age] of gauges.cacheAges()) this.set({ resource }, age);
    },
  });
  return { registry, tlsError: () => tlsErrors.inc() };
}
