/** Bounds of the publisher. */
export const PUBLISH_LIMITS = {
  /** Milliseconds of work before others get their turn: requests, acknowledgements and timers must not wait for a push to thousands. */
  slice: 10,
} as const;
