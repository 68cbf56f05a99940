/** Where an object is; cluster-scoped ones have an empty namespace. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** An object as it is kept: where it is, and its projection. */
export interface Cached<T> extends Place {
  readonly value: T;
}

/** Projections of objects by namespace and name; cluster-scoped ones have an empty namespace. */
export class ObjectCache<T> {
  #namespaces = new Map<string, Map<string, T>>();
  /** Sorted lists that were asked for since the namespace last changed. */
  readonly #lists = new Map<string, readonly T[]>();

  /** Takes the place of everything that was there. */
  replace(objects: Iterable<Cached<T>>): void {
    this.#namespaces = new Map();
    this.#lists.clear();
    for (const object of objects) this.set(object);
  }

  set({ namespace, name, value }: Cached<T>): void {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    names.set(name, value);
    this.#lists.delete(namespace);
  }

  delete(namespace: string, name: string): void {
    const names = this.#namespaces.get(namespace);
    if (!names?.delete(name)) return;
    if (names.size === 0) this.#namespaces.delete(namespace);
    this.#lists.delete(namespace);
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

  /** Where every object is. */
  *places(): Iterable<Place> {
    for (const [namespace, names] of this.#namespaces) for (const name of names.keys()) yield { namespace, name };
  }

  get size(): number {
    let size = 0;
    for (const names of this.#namespaces.values()) size += names.size;
    return size;
  }
}

const NOTHING: readonly never[] = [];
