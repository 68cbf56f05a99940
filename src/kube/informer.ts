import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { Backoff } from "./backoff.ts";
import type { Content, KubeReader } from "./client.ts";
import { KubeError } from "./kube-error.ts";
import { KUBE_LIMITS, type KubeTimings } from "./limits.ts";
import { type CacheChange, type Cached, ObjectCache, type Place } from "./object-cache.ts";

/** What an informer keeps, and how. */
export interface Resource<T> {
  /** Plural name, for messages and metrics: a fixed set. */
  readonly name: string;
  /** Path of the collection, such as `/apis/apps/v1/replicasets`. */
  readonly path: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly content: Content;
  /** Whether its API may be missing: then it counts as an empty collection until it arrives. */
  readonly presence: "always" | "when-installed";
  /** Called on receipt, so that only what is used is kept. */
  readonly project: (object: JsonObject) => T;
}

/**
 * Keeps a projection of a collection up to date: list in pages, then watch with bookmarks, for ever. A dropped connection
 * resumes where it was; `410 Gone` lists again; while the API server is away the last state stays.
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes)
 */
export class Informer<T> {
  readonly resource: Resource<T>;
  readonly cache = new ObjectCache<T>();
  /** Resolves when the collection is known for the first time. */
  readonly synced: Promise<void>;

  readonly #client: KubeReader;
  readonly #timings: KubeTimings;
  readonly #backoff: Backoff;
  readonly #listeners = new Set<(change: CacheChange<T>) => void>();
  #markSynced: () => void = () => {};
  #isSynced = false;
  #problem = "not listed yet";
  #lastContact = performance.now();
  /** Where to watch from; undefined when everything must be listed first. */
  #version: string | undefined;

  constructor(client: KubeReader, resource: Resource<T>, timings: KubeTimings = KUBE_LIMITS) {
    this.resource = resource;
    this.#client = client;
    this.#timings = timings;
    this.#backoff = new Backoff(timings.backoffMin, timings.backoffMax);
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  /** Runs until the signal; never throws. */
  async start(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else await this.#watch(this.#version, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#problem = error instanceof Error ? error.message : String(error);
        // After a broken connection the version still holds; after an answer that is an error it may not.
        if (error instanceof KubeError && error.code !== "unreachable" && error.code !== "timeout") {
          this.#version = undefined;
        }
        await wait(this.#backoff.next(), undefined, { signal }).catch(() => {});
      }
    }
  }

  /**
   * Tells what became of each object, once the cache has it, until the signal: of those whose projection is another than before, also
   * after everything was listed again. A change of something that is not kept is none. The listener must not throw.
   */
  onChange(listener: (change: CacheChange<T>) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** What went wrong last, or that nothing came yet. */
  get problem(): string {
    return this.#problem;
  }

  /** Seconds since the API server was last heard of. */
  get age(): number {
    return (performance.now() - this.#lastContact) / 1000;
  }

  /** Lists everything, or waits a little where the API is not installed. */
  async #list(signal: AbortSignal): Promise<void> {
    const objects: Cached<T>[] = [];
    let version: string | undefined;
    for (let token = ""; ; ) {
      const page = await this.#page(token, signal);
      if (page === undefined) {
        this.#known([]);
        await wait(this.#timings.absentRetry, undefined, { signal }).catch(() => {});
        return;
      }
      for (const object of objectsOf(member(page, "items"))) objects.push(this.#cached(object));
      const metadata = member(page, "metadata");
      version = stringOf(member(metadata, "resourceVersion"));
      token = stringOf(member(metadata, "continue")) ?? "";
      if (token === "") break;
    }
    this.#known(objects);
    this.#version = version;
  }

  /** One page of the list; undefined when the API is not installed and need not be. */
  async #page(token: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    const query = { limit: String(KUBE_LIMITS.pageSize), ...(token !== "" && { continue: token }) };
    const { content, presence } = this.resource;
    try {
      return await this.#client.get(this.#path(query), { content, signal, timeout: KUBE_LIMITS.list });
    } catch (error) {
      if (presence === "when-installed" && error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  #known(objects: readonly Cached<T>[]): void {
    const changes = this.cache.replace(objects);
    this.#lastContact = performance.now();
    this.#backoff.reset();
    this.#isSynced = true;
    this.#problem = "";
    this.#markSynced();
    for (const change of changes) this.#changed(change);
  }

  /** Watches from a version until the server ends it. */
  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { watchSecondsMin, watchSecondsMax, watchStart } = KUBE_LIMITS;
    const seconds = watchSecondsMin + Math.floor(Math.random() * (watchSecondsMax - watchSecondsMin));
    const query = { watch: "1", allowWatchBookmarks: "true", resourceVersion: from, timeoutSeconds: String(seconds) };
    const begun = performance.now();
    await this.#client.watch(this.#path(query), {
      content: this.resource.content,
      signal,
      startTimeout: watchStart,
      silence: this.#timings.watchSilence,
      event: (event) => this.#apply(event),
    });
    this.#lastContact = performance.now();
    // A server that ends watches at once, as one that shuts down does, must not be asked in a tight circle.
    if (performance.now() - begun < 1000) await wait(this.#backoff.next(), undefined, { signal }).catch(() => {});
  }

  /** Throws {@link KubeError} on an event that reports an error. */
  #apply(event: JsonObject): void {
    const type = member(event, "type");
    const object = member(event, "object") as JsonObject;
    this.#lastContact = performance.now();
    this.#problem = "";
    switch (type) {
      case "ADDED":
      case "MODIFIED":
        this.#backoff.reset();
        this.#changed(this.cache.set(this.#cached(object)));
        break;
      case "DELETED": {
        const { namespace, name } = place(object);
        this.#changed(this.cache.delete(namespace, name));
        break;
      }
      case "BOOKMARK":
        this.#backoff.reset();
        break;
      default: {
        const status = Number(member(object, "code") ?? 0);
        const message = stringOf(member(object, "message")) ?? `an event of type ${JSON.stringify(type)}`;
        throw new KubeError("status", `watch of ${this.resource.name}: ${message}`, { status });
      }
    }
    this.#version = stringOf(member(member(object, "metadata"), "resourceVersion")) ?? this.#version;
  }

  #changed(change: CacheChange<T> | undefined): void {
    if (change === undefined) return;
    for (const listener of this.#listeners) listener(change);
  }

  /** The object as it is kept: the value that is there already where it is equal, so that equal is the same from here on. */
  #cached(object: JsonObject): Cached<T> {
    const { namespace, name } = place(object);
    const value = this.resource.project(object);
    const known = this.cache.get(namespace, name);
    return { namespace, name, value: known !== undefined && isDeepStrictEqual(known, value) ? known : value };
  }

  #path(query: Readonly<Record<string, string>>): string {
    const { path, fieldSelector, labelSelector } = this.resource;
    const parameters = new URLSearchParams({
      ...query,
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(labelSelector !== undefined && { labelSelector }),
    });
    return `${path}?${parameters.toString()}`;
  }
}

/** How an informer of whatever it may be stands. */
export type InformerState = Pick<Informer<unknown>, "resource" | "synced" | "isSynced" | "problem" | "age">;

function place(object: JsonObject): Place {
  const metadata = member(object, "metadata");
  return {
    namespace: stringOf(member(metadata, "namespace")) ?? "",
    name: stringOf(member(metadata, "name")) ?? "",
  };
}
