import { Counter, Gauge } from "prom-client";
import { type AdmissionMetrics, admissionMetrics } from "../admission/metrics.ts";
import { LATE_CERTIFICATES } from "../model/names.ts";
import { type CommonGauges, type CommonMetrics, commonMetrics } from "../serving/common-metrics.ts";
import type { AdsVariant } from "../xds/serve/ads-stream.ts";
import type { Receipt } from "../xds/serve/exchange.ts";
import { type ClosingReason, STATUS_OF } from "../xds/serve/stream-closed.ts";
import type { ResourceType } from "../xds/types.ts";
import type { TokenCheck } from "./proxies/token/verify-token.ts";
import type { AnswerReason } from "./webhook/object-answer.ts";

/** The control plane's metrics. Every label has a fixed set of values: nothing that a proxy or a pod says becomes one. */
export interface ControlPlaneMetrics extends CommonMetrics {
  opened(protocol: AdsVariant): void;
  closed(reason: ClosingReason): void;
  received(type: ResourceType, kind: Receipt["kind"]): void;
  sent(bytes: number): void;
  refreshFailed(): void;
  mismatch(): void;
  tokenChecked(by: TokenCheck): void;
  tlsStepLate(): void;
  /** A step of a change of TLS took its whole time, as not all other replicas said that their proxies have it. */
  tlsStepUnheard(): void;
  /** Of the webhook for App Mesh objects. */
  readonly objectReviews: AdmissionMetrics<"allow" | "deny", AnswerReason>;
}

/** Read at each scrape. */
interface ControlPlaneGauges extends CommonGauges {
  readonly streams: () => number;
  /** Listeners that are on their way to other TLS, or to another port. */
  readonly tlsChanges: () => number;
  /** Nodes and gateways that wait for a certificate, or for roots. */
  readonly lateCertificates: () => number;
}

export function controlPlaneMetrics(gauges: ControlPlaneGauges): ControlPlaneMetrics {
  const common = commonMetrics(gauges);
  const registers = [common.registry];
  const opened = new Counter({
    name: "outrigger_xds_streams_opened_total",
    help: "Streams of callers that were let in, by variant of ADS",
    labelNames: ["protocol"] as const,
    registers,
  });
  const closed = new Counter({
    name: "outrigger_xds_streams_closed_total",
    help: "Streams that ended or were refused, by reason and gRPC status",
    labelNames: ["reason", "status"] as const,
    registers,
  });
  const requests = new Counter({
    name: "outrigger_xds_requests_total",
    help: "Discovery requests by type and by what they were: ack, nack, stale or subscribe",
    labelNames: ["type", "kind"] as const,
    registers,
  });
  const responses = new Counter({
    name: "outrigger_xds_responses_total",
    help: "Discovery responses that were sent",
    registers,
  });
  const bytes = new Counter({
    name: "outrigger_xds_response_bytes_total",
    help: "Bytes of discovery responses that were sent",
    registers,
  });
  const refreshFailures = new Counter({
    name: "outrigger_xds_refresh_failures_total",
    help: "Changes that could not be brought to a proxy, which keeps what it has",
    registers,
  });
  const mismatches = new Counter({
    name: "outrigger_xds_node_mismatches_total",
    help: "Streams whose proxy says that it is another node than its pod resolves to",
    registers,
  });
  const tokenChecks = new Counter({
    name: "outrigger_xds_token_checks_total",
    help: "Tokens by how they were checked: with the published keys, or by a TokenReview",
    labelNames: ["by"] as const,
    registers,
  });
  const lateTlsSteps = new Counter({
    name: "outrigger_tls_steps_late_total",
    help: "Steps of changes of TLS that went on although not all proxies had acknowledged them",
    registers,
  });
  const unheardTlsSteps = new Counter({
    name: "outrigger_tls_steps_unheard_total",
    help: "Steps of changes of TLS that took their whole time, as not all other replicas had said that their proxies have them",
    registers,
  });
  new Gauge({
    name: "outrigger_tls_changes",
    help: "Listeners of nodes that are on their way to other TLS, or with TLS to another port",
    registers,
    collect() {
      this.set(gauges.tlsChanges());
    },
  });
  new Gauge({
    name: LATE_CERTIFICATES,
    help: "Nodes and gateways that have waited for over ten seconds for a certificate, or for roots, in the place of ACM",
    registers,
    collect() {
      this.set(gauges.lateCertificates());
    },
  });
  new Gauge({
    name: "outrigger_xds_streams",
    help: "Streams that stand",
    registers,
    collect() {
      this.set(gauges.streams());
    },
  });
  // every reason is there from the start, so that an alert needs no first case
  tokenChecks.inc({ by: "keys" }, 0);
  tokenChecks.inc({ by: "review" }, 0);
  for (const [reason, status] of Object.entries(STATUS_OF)) closed.inc({ reason, status }, 0);
  return {
    ...common,
    objectReviews: admissionMetrics(common.registry),
    opened: (protocol) => opened.inc({ protocol }),
    closed: (reason) => closed.inc({ reason, status: STATUS_OF[reason] }),
    received: (type, kind) => requests.inc({ type, kind }),
    sent(length) {
      responses.inc();
      bytes.inc(length);
    },
    refreshFailed: () => refreshFailures.inc(),
    mismatch: () => mismatches.inc(),
    tokenChecked: (by) => tokenChecks.inc({ by }),
    tlsStepLate: () => lateTlsSteps.inc(),
    tlsStepUnheard: () => unheardTlsSteps.inc(),
  };
}
