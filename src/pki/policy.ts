/** How long certificates live and how long changes take to reach everybody. All in milliseconds. */
export interface AuthorityPolicy {
  readonly rootLifetime: number;
  /** Leaves are renewed at half of it. */
  readonly leafLifetime: number;
  /**
   * How long after a bundle was seen where it is published somebody may still verify with the one before, or sign with the
   * root before; clocks that differ are part of it.
   */
  readonly settle: number;
}

/** A root gets its successor after this part of its life; the rest is for delivering that, and for a person who comes late. */
export const ROOT_RENEWAL_SHARE = 0.8;
/** A leaf is renewed after this part of its life; the other half is for an API server that is away. */
export const LEAF_RENEWAL_SHARE = 0.5;
/**
 * Previous roots at which no further one is begun: rotating faster than leaves end leaves more and more of them, and pods carry
 * them all in an annotation.
 */
export const MOST_ROOTS = 16;

/** An authority's policy from its settings, which are in seconds. */
export function policyOf(settings: {
  readonly rootSeconds: number;
  readonly leafSeconds: number;
  readonly settleSeconds: number;
}): AuthorityPolicy {
  const { rootSeconds, leafSeconds, settleSeconds } = settings;
  return { rootLifetime: rootSeconds * 1000, leafLifetime: leafSeconds * 1000, settle: settleSeconds * 1000 };
}
