import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { MeshGraph } from "../../graph/graph.ts";
import { decidedProxies, type Rejection, rejectionProblem, rejectionsIn } from "../../graph/rejections.ts";
import type { Informer } from "../../kube/informer.ts";
import type { ObjectCache } from "../../kube/object-cache.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import type { ObjectKey, ObjectRef } from "../../model/mesh-object.ts";
import { CONTROL_PLANE_NAMESPACE } from "../../model/names.ts";
import { countingReports, type ReplicaReport, type StoredReport } from "../../model/replica-report.ts";
import type { Log } from "../../serving/log.ts";
import { REPLICA_LIMITS, type ReplicaTimings } from "./limits.ts";

export interface KnownRejectionsParts {
  /** Reports of all replicas as they are found, whoever wrote them. */
  readonly reports: Pick<Informer<StoredReport | undefined>, "cache" | "synced">;
  readonly graph: Pick<MeshGraph, "view">;
  readonly pods: Pick<ObjectCache<PodSummary>, "get">;
  /** What this replica itself knows, and the name of its pod. */
  readonly own: () => ReplicaReport;
  readonly identity: string;
  readonly log: Log;
  readonly timings?: ReplicaTimings;
}

/** What proxies of all replicas reject, for the leader: as the reports say it, from the signal's beginning to its end. */
export class KnownRejections {
  readonly #parts: KnownRejectionsParts;
  readonly #timings: ReplicaTimings;
  readonly #listeners = new Set<(changed: readonly ObjectRef[]) => void>();
  readonly #begun = performance.now();
  /** How many proxies have taken what they have or rejected it, by object; made when it is asked for. */
  #decided: (() => ReadonlyMap<ObjectKey, number>) | undefined;
  #known = new Map<ObjectKey, { readonly rejection: Rejection; readonly seen: number }>();

  constructor(parts: KnownRejectionsParts) {
    this.#parts = parts;
    this.#timings = parts.timings ?? REPLICA_LIMITS;
  }

  /** What proxies reject of what comes from an object; undefined: nothing that is known. */
  of(key: ObjectKey): Rejection | undefined {
    return this.#known.get(key)?.rejection;
  }

  /**
   * Whether what an earlier leader said of an object is over, where nothing is known of it: a proxy has accepted what comes from it, or all
   * who might reject it have had the time to.
   */
  isOver(key: ObjectKey): boolean {
    const isLate = performance.now() - this.#begun >= this.#timings.lingering;
    return isLate || (this.#decided?.().get(key) ?? 0) > 0;
  }

  /** Tells of which objects something else is to be said; the listener must not throw. */
  onChange(listener: (changed: readonly ObjectRef[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves when the reports are read for the first time, or cannot be in time. Never rejects. */
  async ready(signal: AbortSignal): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#timings.firstRead);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([this.#parts.reports.synced, late]);
    clearTimeout(timer);
    this.#look();
  }

  /** Follows the reports until the signal. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    const queue = new WorkQueue({
      handle: () => {
        this.#look();
        return Promise.resolve(this.#timings.interval);
      },
      failed: (_, error) => this.#parts.log.error({ err: error }, "what proxies reject could not be merged"),
    });
    queue.add("reports");
    await queue.start(signal);
  }

  #look(): void {
    const { graph } = this.#parts;
    const reports = this.#reports();
    const now = performance.now();
    let made: ReadonlyMap<ObjectKey, number> | undefined;
    const decided = (): ReadonlyMap<ObjectKey, number> => (made ??= decidedProxies(reports, (ref) => graph.view(ref)));
    this.#decided = decided;
    const found = rejectionsIn(reports, decided);
    if (found.size === 0 && this.#known.size === 0) return;
    const before = this.#known;
    this.#known = new Map([...found].map(([key, rejection]) => [key, { rejection, seen: now }]));
    const changed: ObjectRef[] = [];
    for (const [key, { rejection }] of this.#known) {
      if (steady(before.get(key)?.rejection) !== steady(rejection)) changed.push(rejection.object);
    }
    for (const [key, last] of before) {
      if (found.has(key)) continue;
      const isAccepted = (decided().get(key) ?? 0) > 0;
      if (!isAccepted && now - last.seen < this.#timings.lingering) this.#known.set(key, last);
      else changed.push(last.rejection.object);
    }
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed);
  }

  /** Of replicas that live; of this one what it knows itself. */
  #reports(): readonly ReplicaReport[] {
    const { pods, own, identity, reports } = this.#parts;
    const others = [...reports.cache.all()].filter((stored) => stored?.pod !== identity);
    return [own(), ...countingReports(others, (name) => pods.get(CONTROL_PLANE_NAMESPACE, name))];
  }
}

function steady(rejection: Rejection | undefined): string {
  return rejection === undefined ? "" : rejectionProblem(rejection, "steady").message;
}
