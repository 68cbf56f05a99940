import type { OwnerCaches } from "../../cluster/known-owner.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { EventSubject, EventText } from "../../kube/event-object.ts";
import type { Informer } from "../../kube/informer.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { SLOW_START } from "../../model/sidecar-start.ts";
import { workloadOf } from "./owner-of-pod.ts";

export interface UnreadySidecarOptions {
  readonly pods: Pick<Informer<PodSummary>, "cache" | "onChange">;
  readonly caches: OwnerCaches;
  /** `again`: it has been said of this pod before, for the same reason. */
  readonly onFinding: (event: EventText, news: "new" | "again") => void;
  /** In milliseconds: how long a sidecar may take, and after what time the same is said again. */
  readonly timings?: { readonly slow: number; readonly again: number };
  readonly now?: () => number;
}

const TIMINGS = { slow: SLOW_START, again: 10 * 60_000 };

/** Notices pods whose sidecar does not get ready, as the kubelet tells, and says so and why. What it knows ends with its signal. */
export class UnreadySidecars {
  readonly #options: UnreadySidecarOptions;
  /** What was said of a pod, by its UID. */
  readonly #said = new Map<string, { readonly uid: string; readonly why: string; readonly at: number }>();
  readonly #queue: WorkQueue;

  constructor(options: UnreadySidecarOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      handle: (key) => Promise.resolve(this.#look(key)),
      failed: () => undefined,
      workers: 1,
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const { pods } = this.#options;
    pods.onChange(({ namespace, name }) => this.#queue.add(`${namespace}/${name}`), signal);
    for (const { namespace, name } of pods.cache.places()) this.#queue.add(`${namespace}/${name}`);
    await this.#queue.start(signal);
    this.#said.clear();
  }

  /** Milliseconds after which the pod is looked at again; undefined: when it changes. */
  #look(key: string): number | undefined {
    const { pods, caches, onFinding, timings = TIMINGS, now = Date.now } = this.#options;
    const [namespace = "", name = ""] = key.split("/");
    const pod = pods.cache.get(namespace, name);
    if (pod?.unready === undefined) {
      this.#said.delete(key);
      return undefined;
    }
    const { since, why } = pod.unready;
    const left = since + timings.slow - now();
    if (left > 0) return left;
    const before = this.#said.get(key);
    const isSame = before?.uid === pod.uid && before.why === why;
    const wait = isSame ? before.at + timings.again - now() : 0;
    if (wait > 0) return wait;
    this.#said.set(key, { uid: pod.uid, why, at: now() });
    onFinding(unreadyEvent(pod, caches), isSame ? "again" : "new");
    return timings.again;
  }
}

function unreadyEvent(pod: PodSummary, caches: OwnerCaches): EventText & { readonly reason: "SidecarNotReady" } {
  const hint = `kubectl logs ${pod.name} -c envoy -n ${pod.namespace} says more`;
  return {
    subject: subjectOf(pod, caches),
    type: "Warning",
    reason: "SidecarNotReady",
    action: "Reported",
    message: `the sidecar of pod ${JSON.stringify(pod.name)} is not ready: ${pod.unready?.why ?? ""}. ${hint}`,
  };
}

function subjectOf(pod: PodSummary, caches: OwnerCaches): EventSubject {
  const owner = workloadOf(pod, caches);
  const { namespace, name, uid } = pod;
  return owner === undefined ? { apiVersion: "v1", kind: "Pod", namespace, name, uid } : { ...owner, namespace };
}
