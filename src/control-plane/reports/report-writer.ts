import type { PodSummary } from "../../cluster/pods-resource.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { KubeClient } from "../../kube/client.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { apply } from "../../kube/writes.ts";
import { CONTROL_PLANE_NAME } from "../../model/names.ts";
import { NOBODY_BEHIND, type ReplicaReport, reportConfigMap, reportText } from "../../model/replica-report.ts";
import type { ReplicaTls } from "../../model/replica-tls.ts";
import type { Log } from "../../serving/log.ts";
import { REPLICA_LIMITS, type ReplicaTimings } from "./limits.ts";

export interface ReportWriterParts {
  readonly client: KubeClient;
  /** What this replica knows of its proxies now. */
  readonly look: () => ReplicaReport;
  /** How far these are with changes of TLS. */
  readonly tls: () => ReplicaTls;
  /** The pod that this process is in; undefined: in none that is known. */
  readonly ownPod: () => PodSummary | undefined;
  readonly log: Log;
  readonly timings?: ReplicaTimings;
}

/** What a replica knows of its proxies, kept in a ConfigMap that belongs to its pod. */
export class ReportWriter {
  readonly #parts: ReportWriterParts;
  readonly #timings: ReplicaTimings;
  readonly #retry: Backoff;
  #report: ReplicaReport = { nodes: [], rejections: [], behind: NOBODY_BEHIND, isWhole: true };
  /** What was written last, into the ConfigMap of which pod, and when. */
  #written: { readonly text: string; readonly uid: string; readonly at: number } | undefined;
  /** Until when all that was written is paid for. */
  #paid = 0;
  /** After a failure. */
  #retryAt = 0;
  #isUrgent = false;
  readonly #queue: WorkQueue;
  #soon: NodeJS.Timeout | undefined;
  #failure = "";
  #isOver = false;

  constructor(parts: ReportWriterParts) {
    this.#parts = parts;
    this.#timings = parts.timings ?? REPLICA_LIMITS;
    this.#retry = new Backoff(this.#timings.retryMin, this.#timings.retryMax);
    this.#queue = new WorkQueue({
      handle: async (_, signal) => {
        this.#report = this.#parts.look();
        await this.#write(signal);
        return this.#timings.interval;
      },
      failed: (_, error) => this.#parts.log.error({ err: error }, "the proxies could not be looked at for the report"),
    });
  }

  /** As of a moment ago. */
  get report(): ReplicaReport {
    return this.#report;
  }

  /** Looks, and writes where there is something new, until the signal. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    this.#queue.add("report");
    await this.#queue.start(signal);
    this.#isOver = true;
    clearTimeout(this.#soon);
  }

  /** Others wait for what there is to say now: it is written earlier than what else is new, within a limit. */
  soon(): void {
    this.#isUrgent = true;
    // proxies are served for a while longer, and nobody is to wait for this timer
    if (this.#isOver || this.#soon !== undefined) return;
    const { early, ahead } = this.#timings;
    const next = Math.max((this.#written?.at ?? 0) + early, this.#paid - ahead, this.#retryAt);
    this.#soon = setTimeout(
      () => {
        this.#soon = undefined;
        this.#queue.add("report");
      },
      Math.max(0, next - performance.now()),
    );
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, ownPod, log } = this.#parts;
    const { ahead, charactersPerSecond, early, writtenAgain } = this.#timings;
    const pod = ownPod();
    // only a pod of ours: a process on somebody's own machine may have the name of any
    if (pod?.serviceAccountName !== CONTROL_PLANE_NAME) return;
    const now = performance.now();
    if (now < this.#retryAt || now < this.#paid - (this.#isUrgent ? ahead : 0)) return;
    this.#isUrgent = false;
    const text = reportText(this.#report, this.#parts.tls());
    const last = this.#written?.uid === pod.uid ? this.#written : undefined;
    const isOld = last === undefined || now - last.at > writtenAgain;
    if (text === last?.text && !isOld) return;
    // it was asked for while the one before was being written
    if (last !== undefined && now - last.at < early) return this.soon();
    try {
      const writer = { client, fieldManager: "outrigger-control-plane", signal } as const;
      await apply(writer, reportConfigMap(pod, text), { conflicts: "take" });
      this.#written = { text, uid: pod.uid, at: now };
      this.#paid = Math.max(now, this.#paid) + (text.length / charactersPerSecond) * 1000;
      this.#failure = "";
      this.#retry.reset();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#failure && !signal.aborted)
        log.warn({ problem }, "this replica's report cannot be written");
      this.#failure = problem;
      this.#retryAt = performance.now() + this.#retry.next();
    }
  }
}
