import { encodeResource } from "../encode/encode-resource.ts";
import type { Resource } from "../encode/resource.ts";
import type { EncodedResource } from "../serve/resource.ts";

interface Entry<User> {
  resource: EncodedResource | undefined;
  readonly users: Set<User>;
}

/** Endpoints that are others now. */
export interface Refreshed<User> {
  readonly name: string;
  /** Undefined: there are none any more. */
  readonly resource: EncodedResource | undefined;
  readonly users: ReadonlySet<User>;
}

/** The endpoints of all clusters that somebody uses, each encoded once; who uses which. */
export class SharedEndpoints<User> {
  readonly #read: (key: string) => Resource | undefined;
  readonly #entries = new Map<string, Entry<User>>();

  constructor(read: (key: string) => Resource | undefined) {
    this.#read = read;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Whether anybody uses them. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** From now on this one uses them. */
  use(key: string, user: User): EncodedResource | undefined {
    const entry = this.#entries.get(key) ?? { resource: this.#encoded(key), users: new Set<User>() };
    this.#entries.set(key, entry);
    entry.users.add(user);
    return entry.resource;
  }

  /** Not any more. */
  leave(key: string, user: User): void {
    const entry = this.#entries.get(key);
    entry?.users.delete(user);
    if (entry?.users.size === 0) this.#entries.delete(key);
  }

  /** Reads them again; undefined when they are what they were. Throws what reading throws, and keeps the old ones then. */
  refresh(key: string): Refreshed<User> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    const { resource: before, users } = entry;
    const resource = this.#encoded(key);
    const name = (resource ?? before)?.name;
    if (resource === before || name === undefined) return undefined;
    entry.resource = resource;
    return { name, resource, users };
  }

  #encoded(key: string): EncodedResource | undefined {
    const resource = this.#read(key);
    return resource && encodeResource(resource);
  }
}
