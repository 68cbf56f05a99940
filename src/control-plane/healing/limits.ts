/** Every bound of finding and restarting pods without a sidecar, each with its reason. Times in milliseconds. */
export const HEALING_LIMITS = {
  /** One read for a judgement: an API server that does not answer by then is away, and the pod is judged later. */
  read: 3_000,
  /** How long a namespace's and the registration's age are believed: thousands of pods of one namespace ask once. */
  sinceAge: 10_000,
  /** Pods that are judged side by side: a read takes some milliseconds, and thousands may be there when a leader begins. */
  judges: 8,
  /** How often a pod without a sidecar is judged again: annotations, VirtualNodes and settings change seldom and cannot give it one. */
  recheck: 10 * 60_000,
  /** Pods in one answer of the diagnostics listener: a megabyte or two. The number of all is told beside them. */
  listed: 5_000,
  /** Between two evictions, whatever they concern: a mistake costs twelve pods a minute at most. */
  evictionSpacing: 5_000,
  /** How soon after an eviction, or after a disruption budget said no, an owner is looked at again. */
  evictionRetry: 10_000,
  /** Waiting after a replacement that came without a sidecar again, or a test admission that failed: doubled each time. An injector that is only being restarted is back by the first. */
  evictionBackoffMin: 15_000,
  evictionBackoffMax: 60 * 60_000,
  /** A test admission passes every webhook of the cluster, which may take up to 30 s each; ours takes a millisecond. */
  testAdmission: 10_000,
} as const;

/** The bounds that tests shorten. */
export type HealingTimings = Readonly<Record<keyof typeof HEALING_LIMITS, number>>;
