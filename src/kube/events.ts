import { setTimeout as wait } from "node:timers/promises";
import { type JsonObject, member, numberOf } from "../model/json.ts";
import type { KubeClient } from "./client.ts";
import { type EventSource, type EventText, eventMessage, eventName, eventObject } from "./event-object.ts";
import { KubeError } from "./kube-error.ts";
import { EVENT_LIMITS } from "./limits.ts";
import { collectionPath, objectPath } from "./object-path.ts";
import { WorkQueue } from "./work-queue.ts";

/** How an attempt to write an event ended. `dropped`: nobody will read it, or there were too many. */
export type EventResult = "created" | "counted" | "failed" | "dropped";

export interface EventRecorderOptions {
  readonly client: KubeClient;
  readonly source: EventSource;
  readonly now?: () => Date;
  /** For metrics and logs. */
  readonly onResult?: (result: EventResult, event: EventText, error?: unknown) => void;
  readonly limits?: EventTimings;
}

type EventTimings = Readonly<Record<"interval" | "spacing" | "refresh" | "remembered", number>>;

/** What is known of one event. */
interface Entry {
  readonly event: EventText;
  /** Times that it happened since it was written last. */
  readonly pending: number;
  /** Wanted to be seen as of now, though it did not happen again. */
  readonly refresh: boolean;
  /** As stored; 0: not written by us yet. */
  readonly count: number;
  /** When it was written last, on the monotonic clock. */
  readonly written: number;
}

/**
 * Writes events about objects, one for each subject and reason with a count, as often as {@link EVENT_LIMITS} allow. What cannot
 * be written now is kept and written together later; memory is bounded, and whoever records never waits.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #limits: EventTimings;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: WorkQueue;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? EVENT_LIMITS;
    this.#queue = new WorkQueue({
      handle: (key, signal) => this.#write(key, signal),
      failed: (key, error) => {
        const event = this.#entries.get(key)?.event;
        if (event !== undefined) this.#options.onResult?.("failed", event, error);
      },
    });
  }

  /**
   * It happened so many times; 0: it still is so, and the event is written again when API servers would otherwise forget it before
   * they are told so the next time.
   */
  record(event: EventText, times = 1): void {
    const key = `${event.subject.namespace}/${eventName(event, this.#options.source.component)}`;
    const known = this.#entries.get(key);
    if (times === 0 && known !== undefined && performance.now() - known.written < this.#limits.refresh) return;
    if (known === undefined && !this.#makeRoom()) {
      this.#options.onResult?.("dropped", event);
      return;
    }
    // Moved to the end: the first are those that nothing happened to for longest.
    this.#entries.delete(key);
    this.#entries.set(key, {
      event,
      pending: (known?.pending ?? 0) + times,
      refresh: true,
      count: known?.count ?? 0,
      written: known?.written ?? Number.NEGATIVE_INFINITY,
    });
    this.#queue.add(key);
  }

  /** Writes until the signal; never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    for (const key of this.#entries.keys()) this.#queue.add(key);
    await this.#queue.start(signal);
  }

  async #write(key: string, signal: AbortSignal): Promise<number | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || (entry.pending === 0 && !entry.refresh)) return undefined;
    const early = entry.written + this.#limits.interval - performance.now();
    if (early > 0) return early;
    try {
      const { result, count } = await this.#send(entry, signal);
      this.#settle(key, entry, { count, written: performance.now() });
      this.#options.onResult?.(result, entry.event);
    } catch (error) {
      if (!isHopeless(error)) throw error;
      this.#entries.delete(key);
      this.#options.onResult?.("dropped", entry.event, error);
    }
    await wait(this.#limits.spacing, undefined, { signal }).catch(() => {});
    return undefined;
  }

  /** What was recorded during the call stays pending. */
  #settle(key: string, sent: Entry, stored: Pick<Entry, "count" | "written">): void {
    const now = this.#entries.get(key);
    if (now === undefined) return;
    const pending = now.pending - sent.pending;
    this.#entries.set(key, { ...now, ...stored, pending, refresh: now !== sent });
    if (now !== sent) this.#queue.add(key);
  }

  async #send(entry: Entry, signal: AbortSignal): Promise<{ readonly result: EventResult; readonly count: number }> {
    if (entry.count > 0) {
      const count = entry.count + entry.pending;
      if (await this.#count(entry, count, signal)) return { result: "counted", count };
    }
    const count = Math.max(1, entry.pending);
    try {
      const object = this.#object(entry, count);
      const path = collectionPath(object);
      const { client } = this.#options;
      await client.send({ method: "POST", path, body: object, signal, timeout: EVENT_LIMITS.timeout });
      return { result: "created", count };
    } catch (error) {
      if (!(error instanceof KubeError && error.reason === "AlreadyExists")) throw error;
    }
    // Of the leader before us: what it counted stays, and what we found may be what it had found.
    const stored = await this.#count(entry, undefined, signal);
    return { result: "counted", count: stored ?? count };
  }

  /** Brings the stored event up to date and returns its count; undefined when it is no longer there. */
  async #count(entry: Entry, count: number | undefined, signal: AbortSignal): Promise<number | undefined> {
    const time = this.#now().toISOString();
    const body: JsonObject = {
      lastTimestamp: time,
      message: eventMessage(entry.event.message),
      ...(count !== undefined && { count }),
    };
    try {
      const stored = await this.#options.client.send({
        method: "PATCH",
        patch: "merge",
        path: objectPath(this.#object(entry, 1)),
        body,
        signal,
        timeout: EVENT_LIMITS.timeout,
      });
      return numberOf(member(stored, "count")) ?? 1;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  }

  #object(entry: Entry, count: number): JsonObject {
    return eventObject(entry.event, this.#options.source, count, this.#now());
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  /** Forgets the event that was quiet for longest; false when all wait to be written. */
  #makeRoom(): boolean {
    if (this.#entries.size < this.#limits.remembered) return true;
    for (const [key, entry] of this.#entries) {
      if (entry.pending > 0) continue;
      this.#entries.delete(key);
      return true;
    }
    return false;
  }
}

/** The namespace is gone or going, or we may not: trying again would not help. Too many requests, or a conflict, may pass. */
function isHopeless(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  return error.status >= 400 && error.status < 500 && ![401, 408, 409, 429].includes(error.status);
}
