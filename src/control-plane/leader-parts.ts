import type { Registry } from "prom-client";
import type { InjectionCaches } from "../cluster/caches.ts";
import type { LookUp } from "../cluster/pod-facts.ts";
import type { PodSummary } from "../cluster/pods-resource.ts";
import type { Configuration } from "../config/schema.ts";
import type { KubeClient } from "../kube/client.ts";
import type { EventText } from "../kube/event-object.ts";
import { EventRecorder } from "../kube/events.ts";
import type { Informer, InformerState } from "../kube/informer.ts";
import { runAsLeader } from "../kube/leader.ts";
import type { LeaseTimings } from "../kube/limits.ts";
import type { JsonObject } from "../model/json.ts";
import { CONTROL_PLANE_NAME, CONTROL_PLANE_NAMESPACE } from "../model/names.ts";
import type { Log } from "../serving/log.ts";
import { EVENT_COMPONENT, evictedEvent, findingEvent } from "./healing/events-on-owners.ts";
import { Evictor } from "./healing/evict.ts";
import type { HealingTimings } from "./healing/limits.ts";
import { healingMetrics } from "./healing/metrics.ts";
import { SlippedThroughFinder } from "./healing/slipped-through.ts";
import type { Finding } from "./healing/slipped-through-finding.ts";
import { slippedThroughReport } from "./healing/slipped-through-report.ts";
import { UnreadySidecars } from "./healing/unready-sidecars.ts";

/** The Lease that the replicas of the control plane elect one of them by. */
const LEASE = { namespace: CONTROL_PLANE_NAMESPACE, name: CONTROL_PLANE_NAME } as const;

export interface LeaderPartsOptions {
  readonly client: KubeClient;
  readonly caches: InjectionCaches;
  readonly pods: Informer<PodSummary>;
  readonly lookUp: LookUp;
  readonly configuration: Configuration;
  readonly release: string;
  /** This replica: the name of its pod, so that a container that was started again need not wait for its own Lease to run out. */
  readonly identity: string;
  readonly log: Log;
  readonly registry: Registry;
  /** What else only the leader does, such as publishing the mesh's trust; each runs until its signal, and may have events written. */
  readonly others?: readonly ((signal: AbortSignal, events: Pick<EventRecorder, "record">) => Promise<void>)[];
  readonly timings?: { readonly lease?: LeaseTimings; readonly healing?: HealingTimings };
}

/** What one replica does for all of them. */
export interface LeaderParts {
  /** Stands for election until the signal, and does the leader's work whenever it leads; never rejects. */
  start(signal: AbortSignal): Promise<void>;
  /** The answer to `GET /slipped-through` on the diagnostics listener. */
  slippedThrough(): JsonObject;
}

export function leaderParts(options: LeaderPartsOptions): LeaderParts {
  const { client, caches, pods, identity, log, configuration } = options;
  const restarts = configuration.controlPlane.restartSlippedThrough;
  let leader = "";
  let term: { readonly finder: SlippedThroughFinder } | undefined;
  const findings = (): readonly Finding[] => term?.finder.findings() ?? [];
  const metrics = healingMetrics(options.registry, { leading: () => term !== undefined, findings });

  const eventRecorder = (): EventRecorder =>
    new EventRecorder({
      client,
      source: { component: EVENT_COMPONENT, instance: identity },
      onResult(result, event, error) {
        metrics.event(result);
        if (error !== undefined)
          log.warn({ ...subjectOf(event), problem: messageOf(error) }, "an event could not be written");
      },
    });

  async function lead(signal: AbortSignal, events: EventRecorder): Promise<void> {
    const { lookUp, release, timings } = options;
    const parts = {
      client,
      caches,
      pods,
      lookUp,
      configuration,
      release,
      log,
      ...(timings?.healing && { timings: timings.healing }),
    };
    const evictor = new Evictor({
      ...parts,
      findings,
      onResult(result, finding) {
        metrics.eviction(result);
        if (result !== "evicted") return;
        log.info(podOf(finding), "a pod that slipped through was evicted");
        events.record(evictedEvent(finding));
      },
    });
    const finder = new SlippedThroughFinder({
      ...parts,
      onFinding(finding, news) {
        if (news === "new")
          log.info({ ...podOf(finding), finding: finding.kind, reason: finding.reason }, "pod without a sidecar");
        const event = findingEvent(finding, restarts);
        if (event !== undefined && (news === "new" || finding.kind === "slipped-through")) {
          events.record(event, news === "new" ? 1 : 0);
        }
        if (restarts) evictor.add(finding);
      },
      onProblem: (pod, error) =>
        log.warn({ pod, problem: messageOf(error) }, "a pod without a sidecar could not be judged yet"),
    });
    const unready = new UnreadySidecars({
      pods,
      caches,
      onFinding(event, news) {
        if (news === "new") log.warn({ ...subjectOf(event), problem: event.message }, "a sidecar does not get ready");
        events.record(event);
      },
    });
    // What the caches do not know yet is not missing.
    await untilSynced([pods, ...Object.values(caches)], signal);
    if (signal.aborted) return;
    term = { finder };
    log.info({ identity }, "this replica leads");
    try {
      await Promise.all([evictor.start(signal), finder.start(signal), unready.start(signal)]);
    } finally {
      term = undefined;
      log.info({ identity }, "this replica leads no longer");
    }
  }

  return {
    start: (signal) =>
      runAsLeader(
        {
          client,
          lease: LEASE,
          identity,
          ...(options.timings?.lease && { timings: options.timings.lease }),
          onHolder(holder) {
            leader = holder;
            if (holder !== identity) log.info({ leader: holder }, "another replica leads, or none");
          },
          onProblem: (error) =>
            log.warn({ problem: messageOf(error) }, "the leader's Lease could not be taken or kept"),
        },
        (leading) => {
          const events = eventRecorder();
          const parts = [lead, ...(options.others ?? [])].map((part) => (until: AbortSignal) => part(until, events));
          return together([(until) => events.start(until), ...parts], leading);
        },
        signal,
      ),
    slippedThrough: () => slippedThroughReport({ leading: term !== undefined, leader }, findings()),
  };
}

/** Runs parts side by side; when one fails all of them end, and its error is the answer. */
async function together(
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const all = AbortSignal.any([signal, ending.signal]);
  const results = await Promise.allSettled(
    parts.map((part) =>
      part(all).catch((error: unknown) => {
        ending.abort();
        throw error;
      }),
    ),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function untilSynced(informers: readonly InformerState[], signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await Promise.race([Promise.all(informers.map(({ synced }) => synced)), promise]);
}

function podOf({ pod, owner }: Finding): Readonly<Record<string, string>> {
  return { namespace: pod.namespace, pod: pod.name, ownerKind: owner.kind, owner: owner.name };
}

function subjectOf({ subject, reason }: EventText): Readonly<Record<string, string>> {
  return { namespace: subject.namespace, ownerKind: subject.kind, owner: subject.name, event: reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
