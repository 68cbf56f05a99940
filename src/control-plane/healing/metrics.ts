import { Counter, Gauge, type Registry } from "prom-client";
import type { EventResult } from "../../kube/events.ts";
import type { Finding, FindingKind } from "./slipped-through-finding.ts";

/** How an attempt to evict a pod ended. */
export type EvictionResult = "evicted" | "budget" | "not-injected" | "gone" | "failed";

/** Metrics of the leader's parts. Every label has a fixed set of values. */
export interface HealingMetrics {
  event(result: EventResult): void;
  eviction(result: EvictionResult): void;
}

/** Read at each scrape. */
export interface HealingGauges {
  readonly leading: () => boolean;
  readonly findings: () => readonly Finding[];
}

export function healingMetrics(registry: Registry, gauges: HealingGauges): HealingMetrics {
  const registers = [registry];
  new Gauge({
    name: "outrigger_leader",
    help: "1 where this replica writes for all of them, else 0",
    registers,
    collect() {
      this.set(gauges.leading() ? 1 : 0);
    },
  });
  const { findings } = gauges;
  gaugeOf(
    registry,
    { name: "outrigger_slipped_through_pods", kind: "slipped-through", findings },
    "Pods made without asking the injector, by what it would decide now",
  );
  gaugeOf(
    registry,
    { name: "outrigger_created_before_pods", kind: "created-before", findings },
    "Pods older than their namespace's label or the injector's registration, by what it would decide now",
  );
  gaugeOf(
    registry,
    { name: "outrigger_skipped_pods", kind: "skipped", findings },
    "Pods of labelled namespaces left alone for a reason that their owner may not expect",
  );
  const events = new Counter({
    name: "outrigger_events_total",
    help: "Events about workloads, by how writing them ended",
    labelNames: ["result"] as const,
    registers,
  });
  const evictions = new Counter({
    name: "outrigger_evictions_total",
    help: "Attempts to restart pods that slipped through, by how they ended",
    labelNames: ["result"] as const,
    registers,
  });
  for (const result of ["created", "counted", "failed", "dropped"] as const) events.inc({ result }, 0);
  for (const result of ["evicted", "budget", "not-injected", "gone", "failed"] as const) evictions.inc({ result }, 0);
  return {
    event: (result) => events.inc({ result }),
    eviction: (result) => evictions.inc({ result }),
  };
}

interface FoundPods {
  readonly name: string;
  readonly kind: FindingKind;
  readonly findings: () => readonly Finding[];
}

function gaugeOf(registry: Registry, { name, kind, findings }: FoundPods, help: string): void {
  new Gauge({
    name,
    help,
    labelNames: ["reason"] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const finding of findings()) if (finding.kind === kind) this.inc({ reason: finding.reason });
    },
  });
}
