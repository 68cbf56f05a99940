import type { InjectionCaches } from "../../cluster/caches.ts";
import type { LookUp } from "../../cluster/pod-facts.ts";
import type { PodSummary } from "../../cluster/pods-resource.ts";
import type { Configuration } from "../../config/schema.ts";
import { inject } from "../../inject/inject.ts";
import type { KubeReader } from "../../kube/client.ts";
import type { Informer } from "../../kube/informer.ts";
import { KubeError } from "../../kube/kube-error.ts";
import { MUTATING_WEBHOOKS } from "../../kube/object-path.ts";
import { WorkQueue } from "../../kube/work-queue.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import { INJECT_KEY, INJECTOR_NAME } from "../../model/names.ts";
import { HEALING_LIMITS, type HealingTimings } from "./limits.ts";
import { eventSubject } from "./owner-of-pod.ts";
import { type Finding, findingKind, isCandidate } from "./slipped-through-finding.ts";
import { createdSince, labelledSince } from "./slipped-through-since.ts";

export interface FinderOptions {
  readonly client: KubeReader;
  readonly caches: Pick<InjectionCaches, "namespaces">;
  readonly pods: Informer<PodSummary>;
  readonly lookUp: LookUp;
  /** The same as the injector's, or what is found is not what it would decide. */
  readonly configuration: Configuration;
  readonly release: string;
  /** A pod is found to lack a sidecar, or is looked at again and still does. */
  readonly onFinding: (finding: Finding, news: "new" | "still") => void;
  readonly onProblem: (pod: string, error: unknown) => void;
  readonly timings?: HealingTimings;
}

/** What was found about a pod: undefined when all is as it should be. Holds for this pod and this label of its namespace. */
interface Judgement {
  readonly uid: string;
  readonly label: string | undefined;
  readonly finding: Finding | undefined;
  /** On the monotonic clock. */
  readonly at: number;
}

/**
 * Finds pods of labelled namespaces that have no sidecar, as they come and as namespaces are labelled: reads each one whole and
 * asks the injector's own decision what it would do now, with the facts of now. What it knows ends with its signal.
 */
export class SlippedThroughFinder {
  readonly #options: FinderOptions;
  readonly #timings: HealingTimings;
  readonly #judged = new Map<string, Judgement>();
  readonly #since = new Map<string, { readonly since: Promise<number>; readonly at: number }>();
  readonly #queue: WorkQueue;

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#timings = options.timings ?? HEALING_LIMITS;
    this.#queue = new WorkQueue({
      handle: (key, signal) => this.#judge(key, signal),
      failed: options.onProblem,
      workers: this.#timings.judges,
    });
  }

  /** Everything that is known to lack a sidecar now. */
  findings(): readonly Finding[] {
    return [...this.#judged.values()].flatMap(({ finding }) => finding ?? []);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { pods, caches } = this.#options;
    pods.onChange(({ namespace, name }) => this.#queue.add(`${namespace}/${name}`), signal);
    caches.namespaces.onChange(({ name }) => this.#addNamespace(name), signal);
    for (const { namespace, name } of pods.cache.places()) this.#queue.add(`${namespace}/${name}`);
    await this.#queue.start(signal);
    this.#judged.clear();
    this.#since.clear();
  }

  #addNamespace(namespace: string): void {
    for (const { name } of this.#options.pods.cache.list(namespace)) this.#queue.add(`${namespace}/${name}`);
  }

  async #judge(key: string, signal: AbortSignal): Promise<number | undefined> {
    const [namespace = "", name = ""] = key.split("/");
    const pod = this.#options.pods.cache.get(namespace, name);
    const label = this.#options.caches.namespaces.cache.get("", namespace)?.labels[INJECT_KEY];
    if (pod === undefined || !isCandidate(pod, label)) {
      this.#judged.delete(key);
      return undefined;
    }
    const known = this.#judged.get(key);
    const same = known?.uid === pod.uid && known.label === label ? known : undefined;
    const age = same === undefined ? Number.POSITIVE_INFINITY : performance.now() - same.at;
    if (age < this.#timings.recheck) return this.#timings.recheck - age;

    const whole = await this.#read(pod, signal);
    if (whole === undefined) {
      this.#judged.delete(key);
      return undefined;
    }
    const finding = await this.#find(pod, whole, same?.finding, signal);
    this.#judged.set(key, { uid: pod.uid, label, finding, at: performance.now() });
    if (finding !== undefined) {
      this.#options.onFinding(finding, same?.finding?.kind === finding.kind ? "still" : "new");
    }
    return this.#timings.recheck;
  }

  async #find(
    pod: PodSummary,
    whole: JsonObject,
    before: Finding | undefined,
    signal: AbortSignal,
  ): Promise<Finding | undefined> {
    const { lookUp, configuration, release } = this.#options;
    const facts = await lookUp(whole, pod.namespace);
    const request = { operation: "CREATE", dryRun: true, user: "" };
    const { outcome, reason, message } = inject({ ...facts, pod: whole, request, configuration, release });
    // Of what is rightly left alone nobody asks since when.
    const since = outcome === "skip" ? 0 : await this.#injectedSince(pod.namespace, signal);
    const kind = findingKind({ outcome, reason }, { created: pod.created, since, before: before?.kind });
    if (kind === undefined) return undefined;
    const owner = eventSubject(pod, facts.owner);
    return { kind, pod, owner, outcome, reason, message, found: before?.found ?? new Date() };
  }

  /** The pod as it is stored; undefined when it is gone, or another one has its name. */
  async #read(pod: PodSummary, signal: AbortSignal): Promise<JsonObject | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}`;
    const whole = await this.#get(path, "whole", signal);
    return stringOf(member(member(whole, "metadata"), "uid")) === pod.uid ? whole : undefined;
  }

  /** Since when the injector has been asked about pods of a namespace; infinite when it is not registered at all. */
  async #injectedSince(namespace: string, signal: AbortSignal): Promise<number> {
    const known = this.#since.get(namespace);
    if (known !== undefined && performance.now() - known.at < this.#timings.sinceAge) return known.since;
    const since = this.#readSince(namespace, signal);
    this.#since.set(namespace, { since, at: performance.now() });
    since.catch(() => this.#since.delete(namespace));
    return since;
  }

  async #readSince(namespace: string, signal: AbortSignal): Promise<number> {
    const [labelled, registration] = await Promise.all([
      this.#get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`, "metadata", signal),
      this.#get(`${MUTATING_WEBHOOKS}/${INJECTOR_NAME}`, "metadata", signal),
    ]);
    if (labelled === undefined || registration === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(labelledSince(labelled), createdSince(registration));
  }

  async #get(path: string, content: "whole" | "metadata", signal: AbortSignal): Promise<JsonObject | undefined> {
    try {
      return await this.#options.client.get(path, { content, signal, timeout: this.#timings.read });
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }
}
