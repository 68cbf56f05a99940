/** Every bound of what replicas tell each other about their proxies, each with its reason. Times in milliseconds. */
export const REPLICA_LIMITS = {
  /** Between two looks at the proxies, and so between two writes: what they say moves whenever a pod starts. */
  interval: 2_000,
  /** Between two writes where something is said of changes of TLS, for which others wait. */
  early: 500,
  /** So far such writes may be ahead of what may be written on the long run: the six of one change of a report of 25 KiB. */
  ahead: 8_000,
  /** Characters that are written a second at most: a long report is written less often, since an API server keeps every version for minutes. */
  charactersPerSecond: 16 * 1024,
  /** A report is written again after this long, whatever it says: somebody may have deleted it. */
  writtenAgain: 10 * 60_000,
  /** After a failure, shortened by up to half, and doubled each time up to the latter. */
  retryMin: 4_000,
  retryMax: 60_000,
  /** How long a leader waits for the reports before it begins to say what it knows: it may not be allowed to read them. */
  firstRead: 10_000,
  /**
   * A rejection of which nobody speaks any more counts on for this long, unless a proxy has accepted what was rejected: when a replica ends,
   * its proxies come to another one with Envoy's back-off of up to half a minute, and reject the same again.
   */
  lingering: 30_000,
} as const;

/** The bounds that tests shorten. */
export type ReplicaTimings = Readonly<Record<keyof typeof REPLICA_LIMITS, number>>;
