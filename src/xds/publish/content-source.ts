import type { Resource } from "../encode/resource.ts";

/** What a view has, but for its endpoints, which have a way of their own. */
export interface ViewResources {
  /**
   * Everything but endpoints. A resource that is the same object as the last time costs nothing; one that was made again is encoded
   * again, and shares the bytes where they are the same.
   */
  readonly resources: readonly Resource[];
  /** Keys of the endpoints of its clusters, for {@link ContentSource.endpoints}. */
  readonly endpoints: readonly string[];
}

/**
 * Where content comes from: the mesh. A view is what one virtual node may see, named by a key; the traits are how a proxy of that view
 * wants it (families, address of the app, whether it is on its way out): a small closed set.
 *
 * Both functions are pure as far as the publisher knows: it calls them when a proxy needs the answer first, and again when it was
 * told that the answer changed. What they throw leaves everybody with what they have.
 */
export interface ContentSource<Traits> {
  compute(view: string, traits: Traits): ViewResources;
  /** Text that is the same for equal traits. */
  traitsKey(traits: Traits): string;
  /** The endpoints with this key, a resource of the type of endpoints; undefined: there are none any more. */
  endpoints(key: string): Resource | undefined;
}
