import type { PodSummary } from "../../cluster/pods-resource.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { KubeClient } from "../../kube/client.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { apply } from "../../kube/writes.ts";
import { CONTROL_PLANE_NAME } from "../../model/names.ts";
import { NOBODY_BEHIND, type ReplicaReport, reportConfigMap, reportText } from "../../model/replica-report.ts";
import type { Log } from "../../serving/log.ts";
import { REPLICA_LIMITS, type ReplicaTimings } from "./limits.ts";

export interface ReportWriterParts {
  readonly client: KubeClient;
  /** What this replica knows of its proxies now. */
  readonly look: () => ReplicaReport;
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
  #notBefore = 0;
  #failure = "";

  constructor(parts: ReportWriterParts) {
    this.#parts = parts;
    this.#timings = parts.timings ?? REPLICA_LIMITS;
    this.#retry = new Backoff(this.#timings.retryMin, this.#timings.retryMax);
  }

  /** As of a moment ago. */
  get report(): ReplicaReport {
    return this.#report;
  }

  /** Looks, and writes where there is something new, until the signal. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    const queue = new WorkQueue({
      handle: async () => {
        this.#report = this.#parts.look();
        await this.#write(signal);
        return this.#timings.interval;
      },
      failed: (_, error) => this.#parts.log.error({ err: error }, "the proxies could not be looked at for the report"),
    });
    queue.add("report");
    await queue.start(signal);
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, ownPod, log } = this.#parts;
    const { charactersPerSecond, writtenAgain } = this.#timings;
    const pod = ownPod();
    // only a pod of ours: a process on somebody's own machine may have the name of any
    if (pod?.serviceAccountName !== CONTROL_PLANE_NAME) return;
    const now = performance.now();
    if (now < this.#notBefore) return;
    const text = reportText(this.#report);
    const last = this.#written?.uid === pod.uid ? this.#written : undefined;
    const isOld = last === undefined || now - last.at > writtenAgain;
    if (text === last?.text && !isOld) return;
    try {
      const writer = { client, fieldManager: "outrigger-control-plane", signal } as const;
      await apply(writer, reportConfigMap(pod, text), { conflicts: "take" });
      this.#written = { text, uid: pod.uid, at: now };
      this.#notBefore = now + (text.length / charactersPerSecond) * 1000;
      this.#failure = "";
      this.#retry.reset();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#failure && !signal.aborted)
        log.warn({ problem }, "this replica's report cannot be written");
      this.#failure = problem;
      this.#notBefore = performance.now() + this.#retry.next();
    }
  }
}
