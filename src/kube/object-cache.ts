/** Where an object is; cluster-scoped ones have an empty namespace. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** An object as it is kept: where it is, and its projection. */
export interface Cached<T> extends Place {
  readonly value: T;
}

/** What became of one object: undefined is what was not there before, or is not there any more. */
export interface CacheChange<T> extends Place {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Projections of objects by namespace and name; cluster-scoped ones have an empty namespace. */
export class ObjectCache<T> {
  #namespaces = new Map<string, Map<string, T>>();
  #version = 0;
  /** Sorted lists that were asked for since the namespace last changed. */
  readonly #lists = new Map<string, readonly T[]>();

  /** Takes the place of everything that was there, and says what that changes: first what is gone. */
  replace(objects: readonly Cached<T>[]): readonly CacheChange<T>[] {
    const former = this.#namespaces;
    this.#namespaces = new Map();
    this.#lists.clear();
    for (const object of objects) this.#put(object);
    const changes: CacheChange<T>[] = [];
    this.#version++;
    for (const [namespace, names] of former) {
      for (const [name, before] of names) {
        if (!this.#has(namespace, name)) changes.push({ namespace, name, before, after: undefined });
      }
    }
    for (const { namespace, name, value } of objects) {
      const names = former.get(namespace);
      const before = names?.get(name);
      if (before !== value || !names?.has(name)) changes.push({ namespace, name, before, after: value });
    }
    return changes;
  }

  /** What that changes; undefined: nothing, as this very value was there. */
  set(object: Cached<T>): CacheChange<T> | undefined {
    const { namespace, name, value } = object;
    const before = this.get(namespace, name);
    if (before === value && this.#has(namespace, name)) return undefined;
    this.#put(object);
    this.#version++;
    this.#lists.delete(namespace);
    return { namespace, name, before, after: value };
  }

  /** What that changes; undefined: nothing was there. */
  delete(namespace: string, name: string): CacheChange<T> | undefined {
    const names = this.#namespaces.get(namespace);
    const before = names?.get(name);
    if (!names?.delete(name)) return undefined;
    if (names.size === 0) this.#namespaces.delete(namespace);
    this.#version++;
    this.#lists.delete(namespace);
    return { namespace, name, before, after: undefined };
  }

  get(namespace: string, name: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** All of a namespace in the order of their names; the same list until one of them changes. */
  list(namespace: string): readonly T[] {
    const known = this.#lists.get(namespace);
    if (known !== undefined) return known;
    const names = this.#namespaces.get(namespace);
    if (names === undefined) return NOTHING;
    const list = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
    this.#lists.set(namespace, list);
    return list;
  }

  /** Another number after every change: for what is made of all objects. */
  get version(): number {
    return this.#version;
  }

  /** Every object, namespace by namespace. */
  *all(): Iterable<T> {
    for (const names of this.#namespaces.values()) yield* names.values();
  }

  /** Where every object is. */
  *places(): Iterable<Place> {
    for (const [namespace, names] of this.#namespaces) for (const name of names.keys()) yield { namespace, name };
  }

  #has(namespace: string, name: string): boolean {
    return this.#namespaces.get(namespace)?.has(name) ?? false;
  }

  #put({ namespace, name, value }: Cached<T>): void {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    names.set(name, value);
  }

  get size(): number {
    let size = 0;
    for (const names of this.#namespaces.values()) size += names.size;
    return size;
  }
}

const NOTHING: readonly never[] = [];
