import type { OwnerCaches } from "../../cluster/known-owner.ts";
import type { LookUp } from "../../cluster/pod-facts.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import { testAdmission } from "../../cluster/test-admission.ts";
import type { Configuration } from "../../config/schema.ts";
import { inject } from "../../inject/inject.ts";
import { Backoff } from "../../kube/backoff.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { Informer } from "../../kube/informer.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { read } from "../../kube/writes.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import type { Log } from "../../serving/log.ts";
import { anotherPod } from "./another-pod.ts";
import { evictPod } from "./evict-pod.ts";
import { HEALING_LIMITS, type HealingTimings } from "./limits.ts";
import type { EvictionResult } from "./metrics.ts";
import { recreates, workloadOf } from "./owner-of-pod.ts";
import type { Finding } from "./slipped-through-finding.ts";
import { unsettledPod } from "./unsettled-pod.ts";

export interface EvictorOptions {
  readonly client: KubeClient;
  readonly caches: OwnerCaches;
  readonly pods: Informer<PodSummary>;
  readonly lookUp: LookUp;
  readonly configuration: Configuration;
  readonly release: string;
  readonly findings: () => readonly Finding[];
  readonly onResult: (result: EvictionResult, finding: Finding) => void;
  readonly log: Log;
  readonly timings?: HealingTimings;
  readonly random?: () => number;
}

/** What happened to a workload's pods. */
interface Course {
  /** Its pods when one of them was evicted: whatever is not among them came after. Empty before the first. */
  known: ReadonlySet<string>;
  /** On the monotonic clock: not before then is anything tried. */
  notBefore: number;
  readonly backoff: Backoff;
}

/**
 * Restarts pods that slipped through, one of a workload at a time: only where its controller creates it again, the injector would
 * inject it now, and a test admission comes back with a sidecar. The next one waits until a pod that came since is Ready with
 * its sidecar; where it came without one again, ever longer. Nothing is evicted while a pod of the workload is not settled,
 * whoever led when it came.
 */
export class Evictor {
  readonly #options: EvictorOptions;
  readonly #timings: HealingTimings;
  readonly #courses = new Map<string, Course>();
  readonly #queue: WorkQueue;
  #lastEviction = Number.NEGATIVE_INFINITY;

  constructor(options: EvictorOptions) {
    this.#options = options;
    this.#timings = options.timings ?? HEALING_LIMITS;
    this.#queue = new WorkQueue({
      handle: (owner, signal) => this.#restart(owner, signal),
      failed: (owner, error) =>
        options.log.warn(
          { owner, problem: (error as Error).message },
          "a pod that slipped through could not be restarted yet",
        ),
    });
  }

  /** A pod of this workload slipped through. */
  add(finding: Finding): void {
    if (isRestartable(finding)) this.#queue.add(finding.owner.uid);
  }

  async start(signal: AbortSignal): Promise<void> {
    // another leader may have evicted a pod a moment ago, and what comes in its place is not here yet
    this.#lastEviction = performance.now();
    await this.#queue.start(signal);
    this.#courses.clear();
  }

  async #restart(owner: string, signal: AbortSignal): Promise<number | undefined> {
    const targets = this.#options.findings().filter((finding) => finding.owner.uid === owner && isRestartable(finding));
    const [finding] = targets.toSorted((a, b) => a.pod.created - b.pod.created);
    if (finding === undefined) return this.#forget(owner);
    const course = this.#course(owner);
    const early = Math.max(course.notBefore, this.#lastEviction + this.#timings.evictionSpacing) - performance.now();
    if (early > 0) return early;
    if (course.known.size > 0) {
      const wait = this.#afterEviction(finding, course, targets);
      if (wait !== undefined) return wait;
    }
    const pods = this.#podsOf(finding);
    if (unsettledPod(pods) !== undefined) return this.#timings.evictionRetry;

    const would = await this.#wouldBeInjected(finding, signal);
    if (would === "gone") return this.#done("gone", finding, course);
    if (would !== "injected") {
      this.#options.log.warn(
        { ...described(finding), problem: would },
        "a pod that slipped through is not restarted: its like would not be injected",
      );
      return this.#done("not-injected", finding, course);
    }
    const result = await evictPod(this.#options.client, finding.pod, signal, this.#timings.testAdmission);
    if (result === "evicted") {
      course.known = new Set(pods.map(({ uid }) => uid));
      this.#lastEviction = performance.now();
    }
    return this.#done(result, finding, course);
  }

  /** Nothing to do now; what is known is kept for as long as the longest wait, because what comes next may slip through again. */
  #forget(owner: string): number | undefined {
    const course = this.#courses.get(owner);
    if (course === undefined) return undefined;
    const left = course.notBefore + this.#timings.evictionBackoffMax - performance.now();
    if (left > 0) return left;
    this.#courses.delete(owner);
    return undefined;
  }

  /** Tells what came of it, and when to go on with this workload. */
  #done(result: EvictionResult, finding: Finding, course: Course): number {
    this.#options.onResult(result, finding);
    const wait = result === "not-injected" ? course.backoff.next() : this.#timings.evictionRetry;
    course.notBefore = performance.now() + wait;
    return wait;
  }

  /** What came in the place of the pod that was evicted last: undefined when it is well, else how long to wait. */
  #afterEviction(finding: Finding, course: Course, targets: readonly Finding[]): number | undefined {
    const came = this.#podsOf(finding).filter(({ uid }) => !course.known.has(uid));
    if (targets.some(({ pod }) => !course.known.has(pod.uid))) {
      course.known = new Set([...course.known, ...came.map(({ uid }) => uid)]);
      const wait = course.backoff.next();
      course.notBefore = performance.now() + wait;
      this.#options.log.warn(
        { ...described(finding), waitSeconds: Math.round(wait / 1_000) },
        "what replaced an evicted pod slipped through again",
      );
      return wait;
    }
    if (!came.some(({ injected, ready, deletion }) => injected && ready && deletion === undefined))
      return this.#timings.evictionRetry;
    course.backoff.reset();
    return undefined;
  }

  /** Decides once more about the very pod, and has its like admitted. Returns what speaks against it in words. */
  async #wouldBeInjected({ pod }: Finding, signal: AbortSignal): Promise<string> {
    const { client, lookUp, configuration, release } = this.#options;
    const reference = { apiVersion: "v1", kind: "Pod", metadata: { namespace: pod.namespace, name: pod.name } };
    const whole = await read({ client, signal }, reference);
    if (whole === undefined || !isSame(pod, whole)) return "gone";
    const facts = await lookUp(whole, pod.namespace);
    const request = { operation: "CREATE", dryRun: true, user: "" };
    const { outcome, message } = inject({ ...facts, pod: whole, request, configuration, release });
    if (outcome !== "inject") return message;
    const writer = { client, fieldManager: "outrigger-control-plane", signal } as const;
    const test = await testAdmission(writer, anotherPod(whole), this.#timings.testAdmission);
    switch (test.kind) {
      case "injected":
        return "injected";
      case "bare":
        return "a pod of the same form was admitted without a sidecar";
      case "refused":
        return test.why;
    }
  }

  #podsOf({ owner, pod }: Finding): readonly PodSummary[] {
    const { pods, caches } = this.#options;
    return pods.cache.list(pod.namespace).filter((other) => workloadOf(other, caches)?.uid === owner.uid);
  }

  #course(owner: string): Course {
    const known = this.#courses.get(owner);
    if (known !== undefined) return known;
    const { evictionBackoffMin, evictionBackoffMax } = this.#timings;
    const backoff = new Backoff(evictionBackoffMin, evictionBackoffMax, this.#options.random);
    const made: Course = { known: new Set(), notBefore: Number.NEGATIVE_INFINITY, backoff };
    this.#courses.set(owner, made);
    return made;
  }
}

function isRestartable({ kind, outcome, pod }: Finding): boolean {
  return kind === "slipped-through" && outcome === "inject" && recreates(pod.controller);
}

function isSame(pod: PodSummary, whole: JsonObject): boolean {
  const metadata = member(whole, "metadata");
  return stringOf(member(metadata, "uid")) === pod.uid && member(metadata, "deletionTimestamp") === undefined;
}

function described({ pod, owner }: Finding): Readonly<Record<string, string>> {
  return { namespace: pod.namespace, pod: pod.name, ownerKind: owner.kind, owner: owner.name };
}
