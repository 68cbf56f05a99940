/** Every bound of a rotation that a person runs, each with its reason. Times in milliseconds. */
export const ROTATION_LIMITS = {
  /** Pods that are patched at once: the API server has others to serve. */
  concurrency: 8,
  /** Attempts to patch a pod that somebody else writes to. */
  attempts: 5,
  /** Objects a page, as client-go's pager asks. */
  pageSize: 500,
  /** One call: a page may wait for an API server that is starting. */
  call: 60_000,
  /** Between two looks at something that others do. */
  poll: 500,
  /**
   * How long a webhook may still give the bundle before to new pods, after the new one was published: its watch brings it within
   * a second. The last look at all pods begins after that.
   */
  propagation: 10_000,
  /** How often all pods are looked through before one that refuses its annotation counts as refusing for good. */
  passes: 5,
} as const;
