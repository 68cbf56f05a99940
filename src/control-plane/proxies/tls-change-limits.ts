/** Times of a change of TLS, in milliseconds, each with its reason. */
export const TLS_CHANGE_LIMITS = {
  /**
   * For so long after whatever was written last, changes of a node and of its callers are one: `kubectl apply` brings the objects of a file one
   * by one, a tenth of a second for each, and those that belong together may be its first and its last.
   */
  gathered: 2_000,
  /** So long they are gathered at most, where something goes on changing. */
  longestGathering: 5_000,
  /** How often it is looked who has acknowledged. */
  look: 250,
  /** A step that everybody has acknowledged holds for so long: Envoy's threads and connections that are being made come after its word. */
  settled: 500,
  /** A step that is not acknowledged ends after this: a proxy that hangs, or that rejects it, holds up nobody else. */
  step: 10_000,
  /** From its beginning to what is written, however many steps it takes and however often it begins again: then a listener takes nothing else. */
  whole: 30_000,
} as const;

export type TlsChangeLimits = Readonly<Record<keyof typeof TLS_CHANGE_LIMITS, number>>;
