/** Every bound of the Kubernetes client and its caches, each with its reason. Times in milliseconds. */
export const KUBE_LIMITS = {
  /** Objects a page: keeps one answer at a few MiB, as client-go's pager does. */
  pageSize: 500,
  /** A page may wait for an API server that is starting. */
  list: 60_000,
  /** The server ends a watch after a random time between these, so that watches spread over its replicas. */
  watchSecondsMin: 240,
  watchSecondsMax: 300,
  /** The server sends a bookmark about once a minute; when twice that passes in silence the connection is dead. */
  watchSilence: 130_000,
  /** How long an answer to a watch may take to begin; API servers send headers at once. */
  watchStart: 30_000,
  /** Waiting after a failure: doubled each time between these, and jittered by half. */
  backoffMin: 200,
  /** A cluster that is back is met again within this, well within the ten seconds in which slipped-through pods are reported. */
  backoffMax: 5_000,
  /** How soon after its API was found to be missing a resource is asked for again: the App Mesh CRDs may arrive any time. */
  absentRetry: 2_000,
  /** One direct read for something that a cache does not have. Registrations give a call 5 s; most of it stays for the rest. */
  directRead: 1_500,
  /** One write, or the read before it: API servers give a request 60 s, but the one that writes would rather try again. */
  write: 30_000,
  /** How long a call waits for caches that are being filled. */
  firstSync: 2_000,
  /** Bound service account tokens, and the authority beside them, are renewed by the kubelet; client-go reads them as often. */
  tokenAge: 60_000,
} as const;

/** The bounds that tests shorten. */
export type KubeTimings = Readonly<
  Record<"watchSilence" | "backoffMin" | "backoffMax" | "absentRetry" | "directRead" | "firstSync", number>
>;

/** Election by Lease, as client-go's controllers have it. Times in milliseconds. */
export const LEASE_LIMITS = {
  /** How long others wait after the last renewal that they saw. */
  duration: 15_000,
  /** How long after its last successful renewal a leader stops: well before anybody else may begin. */
  renewDeadline: 10_000,
  /** Between two renewals, and (with up to 1.2 times as much again at random) between two tries of a candidate. */
  retry: 2_000,
  /** Giving a Lease back is a courtesy of two calls at the end of a process: it must not hold that up. */
  release: 2_000,
} as const;

export type LeaseTimings = Readonly<Record<keyof typeof LEASE_LIMITS, number>>;

/** What a work queue does about keys that fail. Times in milliseconds. */
export const QUEUE_LIMITS = {
  backoffMin: 200,
  /** A cluster that is back is met again well within ten seconds, which is how soon slipped-through pods are to be reported. */
  backoffMax: 5_000,
} as const;

/** Events that we write. Times in milliseconds. */
export const EVENT_LIMITS = {
  /** Between two writes of one event: what happens meanwhile is counted. */
  interval: 60_000,
  /** Between any two writes: twenty a second at most, whatever happens to the cluster. */
  spacing: 50,
  /** API servers forget an event an hour after its last write (`--event-ttl`); what still is so is written again before. */
  refresh: 45 * 60_000,
  /** Events of which the count is remembered: some hundred bytes each. */
  remembered: 2_048,
  timeout: 10_000,
  /** What events.k8s.io allows as a note, and as the name of an instance. */
  messageBytes: 1_024,
  instanceLength: 128,
} as const;
