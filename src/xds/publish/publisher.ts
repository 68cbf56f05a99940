import { encodeResource } from "../encode/encode-resource.ts";
import { type Snapshot, snapshotOf, withResource } from "../serve/snapshot.ts";
import { TYPES } from "../types.ts";
import { taken, type Work, WorkRound } from "../work-round.ts";
import type { ContentSource } from "./content-source.ts";
import { type Refreshed, SharedEndpoints } from "./shared-endpoints.ts";

export interface PublisherParts<Traits> {
  readonly source: ContentSource<Traits>;
  /** A change could not be made: `what` is the view or the key of the endpoints. Its proxies keep what they have. */
  readonly failed: (what: string, error: unknown) => void;
  /** Where it does its work; by default a round of its own. */
  readonly round?: WorkRound;
}

/** The content of one stream. */
export interface Publication<Traits> {
  /** What it is now; the same object until it changes. */
  readonly snapshot: () => Snapshot;
  /** Calls back with every newer snapshot, the last of several; one callback, which must not throw. */
  readonly subscribe: (changed: (snapshot: Snapshot) => void) => void;
  /**
   * From now on the stream has another view, or the same one with other traits: it gets the difference, in the order that keeps its
   * traffic going. Throws what computing throws, and leaves it where it is then.
   */
  readonly move: (view: string, traits: Traits) => void;
  /** The stream is over; what nobody else has is forgotten. */
  readonly close: () => void;
}

/** One view with its traits, as long as a stream has it. */
interface Content<Traits> {
  readonly key: string;
  readonly view: string;
  readonly traits: Traits;
  snapshot: Snapshot;
  endpoints: ReadonlySet<string>;
  readonly readers: Set<Reader<Traits>>;
}

interface Reader<Traits> {
  content: Content<Traits>;
  changed: (snapshot: Snapshot) => void;
}

/**
 * Keeps one snapshot for all streams that have the same view and traits, and brings changes to them. A view is computed when the
 * first stream needs it and when it was told to have changed, once however often that is said meanwhile; its snapshot goes with its last
 * stream. Endpoints are read, encoded and pushed by themselves, and no view is computed for them.
 */
export class Publisher<Traits> {
  readonly #parts: PublisherParts<Traits>;
  readonly #contents = new Map<string, Content<Traits>>();
  readonly #ofView = new Map<string, Set<Content<Traits>>>();
  readonly #endpoints: SharedEndpoints<Content<Traits>>;
  readonly #dirty = new Set<Content<Traits>>();
  readonly #dirtyEndpoints = new Set<string>();
  readonly #behind = new Set<Reader<Traits>>();
  readonly #round: WorkRound;

  constructor(parts: PublisherParts<Traits>) {
    this.#parts = parts;
    this.#endpoints = new SharedEndpoints((key) => parts.source.endpoints(key));
    this.#round = parts.round ?? new WorkRound();
    this.#round.add(this.#readsEndpoints(), this.#tellsReaders(), this.#computesViews());
  }

  /** How much is kept: for diagnostics. */
  get sizes(): { readonly snapshots: number; readonly endpoints: number } {
    return { snapshots: this.#contents.size, endpoints: this.#endpoints.size };
  }

  /** A stream begins. Throws what computing its view throws. */
  open(view: string, traits: Traits): Publication<Traits> {
    const reader: Reader<Traits> = { content: this.#contentOf(view, traits), changed: () => undefined };
    reader.content.readers.add(reader);
    return {
      snapshot: () => reader.content.snapshot,
      subscribe(changed) {
        reader.changed = changed;
      },
      move: (nextView, nextTraits) => this.#move(reader, nextView, nextTraits),
      close: () => this.#leave(reader),
    };
  }

  /** The resources of a view may be others now, or its clusters. */
  changed(view: string): void {
    for (const content of this.#ofView.get(view) ?? []) this.#dirty.add(content);
    this.#round.wake();
  }

  /** The endpoints with this key may be others now. False: nobody has them. Cheap: to be called for every event of a pod. */
  endpointsChanged(key: string): boolean {
    if (!this.#endpoints.has(key)) return false;
    this.#dirtyEndpoints.add(key);
    this.#round.wake();
    return true;
  }

  /** Whether the streams of a view were brought everything that is known of it. */
  isBrought(view: string): boolean {
    for (const content of this.#ofView.get(view) ?? []) {
      if (this.#dirty.has(content)) return false;
      for (const reader of content.readers) if (this.#behind.has(reader)) return false;
    }
    return true;
  }

  /** Whether streams were brought everything that is known of endpoints. */
  get isSettled(): boolean {
    return this.#dirtyEndpoints.size === 0 && this.#behind.size === 0;
  }

  /** Resolves once every change until now was brought to the streams. */
  idle(): Promise<void> {
    return this.#round.idle();
  }

  #contentOf(view: string, traits: Traits): Content<Traits> {
    const key = `${view}\n${this.#parts.source.traitsKey(traits)}`;
    const known = this.#contents.get(key);
    if (known !== undefined) return known;
    const content: Content<Traits> = {
      key,
      view,
      traits,
      snapshot: new Map(),
      endpoints: new Set(),
      readers: new Set(),
    };
    this.#compute(content);
    this.#contents.set(key, content);
    const ofView = this.#ofView.get(view) ?? new Set();
    this.#ofView.set(view, ofView.add(content));
    return content;
  }

  #move(reader: Reader<Traits>, view: string, traits: Traits): void {
    const next = this.#contentOf(view, traits);
    if (next === reader.content) return;
    next.readers.add(reader);
    this.#leave(reader);
    reader.content = next;
    this.#behind.add(reader);
    this.#round.wake();
  }

  #leave(reader: Reader<Traits>): void {
    const { content } = reader;
    this.#behind.delete(reader);
    content.readers.delete(reader);
    if (content.readers.size > 0 || this.#contents.get(content.key) !== content) return;
    this.#contents.delete(content.key);
    this.#dirty.delete(content);
    const ofView = this.#ofView.get(content.view);
    ofView?.delete(content);
    if (ofView?.size === 0) this.#ofView.delete(content.view);
    for (const key of content.endpoints) this.#endpoints.leave(key, content);
  }

  /** Whether its snapshot is another one now. Throws what computing throws, and leaves the old one then. */
  #compute(content: Content<Traits>): boolean {
    const { endpoints, resources } = this.#parts.source.compute(content.view, content.traits);
    const keys = new Set(endpoints);
    const encoded = resources.map(encodeResource);
    try {
      for (const key of keys) {
        const used = this.#endpoints.use(key, content);
        if (used !== undefined) encoded.push(used);
      }
    } catch (error) {
      for (const key of keys) if (!content.endpoints.has(key)) this.#endpoints.leave(key, content);
      throw error;
    }
    for (const key of content.endpoints) if (!keys.has(key)) this.#endpoints.leave(key, content);
    content.endpoints = keys;
    const before = content.snapshot;
    content.snapshot = snapshotOf(encoded, before);
    return [...content.snapshot].some(([type, ofType]) => before.get(type) !== ofType);
  }

  #readsEndpoints(): Work {
    return {
      next: () => {
        const key = taken(this.#dirtyEndpoints);
        if (key === undefined) return false;
        this.#guard(key, () => {
          const refreshed = this.#endpoints.refresh(key);
          if (refreshed !== undefined) this.#replaceEndpoints(refreshed);
        });
        return true;
      },
    };
  }

  #replaceEndpoints({ users, name, resource }: Refreshed<Content<Traits>>): void {
    for (const content of users) {
      const before = content.snapshot.get(TYPES.endpoints);
      if (before === undefined) continue;
      content.snapshot = new Map(content.snapshot).set(TYPES.endpoints, withResource(before, name, resource));
      for (const reader of content.readers) this.#behind.add(reader);
    }
  }

  #tellsReaders(): Work {
    return {
      next: () => {
        const reader = taken(this.#behind);
        reader?.changed(reader.content.snapshot);
        return reader !== undefined;
      },
    };
  }

  #computesViews(): Work {
    return {
      next: () => {
        const content = taken(this.#dirty);
        if (content === undefined) return false;
        this.#guard(content.view, () => {
          if (this.#compute(content)) for (const reader of content.readers) this.#behind.add(reader);
        });
        return true;
      },
    };
  }

  #guard(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#parts.failed(what, error);
    }
  }
}
