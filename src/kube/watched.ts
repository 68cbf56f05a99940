import { isDeepStrictEqual } from "node:util";
import type { InformerState } from "./informer.ts";
import type { CacheChange, ObjectCache } from "./object-cache.ts";

/** What a cache says to those who do not fill it. */
export type CacheReader<T> = Pick<ObjectCache<T>, "get" | "list" | "all" | "version">;

/** A collection that is kept up to date, as its readers see it. */
export interface Watched<T> extends InformerState {
  readonly cache: CacheReader<T>;
  /** As an informer's. */
  onChange(listener: (change: CacheChange<T>) => void, signal: AbortSignal): void;
}

/**
 * One part of what is kept of a collection, for readers who want nothing else: it is watched once, whoever reads it. `part` picks a member
 * and makes nothing. A change that leaves the part as it was is none.
 */
export function partOf<T, P extends object>(whole: Watched<T>, part: (value: T) => P): Watched<P> {
  return {
    cache: new PartCache(whole.cache, part),
    onChange(listener, signal) {
      whole.onChange(({ namespace, name, ...change }) => {
        const before = change.before && part(change.before);
        const after = change.after && part(change.after);
        if (!isDeepStrictEqual(before, after)) listener({ namespace, name, before, after });
      }, signal);
    },
    resource: whole.resource,
    synced: whole.synced,
    get isSynced() {
      return whole.isSynced;
    },
    get problem() {
      return whole.problem;
    },
    get age() {
      return whole.age;
    },
  };
}

class PartCache<T, P> implements CacheReader<P> {
  readonly #whole: CacheReader<T>;
  readonly #part: (value: T) => P;
  /** By the list that they are made of, which is the same until something changes. */
  readonly #lists = new WeakMap<readonly T[], readonly P[]>();

  constructor(whole: CacheReader<T>, part: (value: T) => P) {
    this.#whole = whole;
    this.#part = part;
  }

  get(namespace: string, name: string): P | undefined {
    const value = this.#whole.get(namespace, name);
    return value === undefined ? undefined : this.#part(value);
  }

  list(namespace: string): readonly P[] {
    const whole = this.#whole.list(namespace);
    const known = this.#lists.get(whole);
    if (known !== undefined) return known;
    const list = whole.map(this.#part);
    this.#lists.set(whole, list);
    return list;
  }

  get version(): number {
    return this.#whole.version;
  }

  *all(): Iterable<P> {
    for (const value of this.#whole.all()) yield this.#part(value);
  }
}
