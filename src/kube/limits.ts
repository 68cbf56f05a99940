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
  backoffMax: 10_000,
  /** How soon after its API was found to be missing a resource is asked for again: the App Mesh CRDs may arrive any time. */
  absentRetry: 2_000,
  /** One direct read for something that a cache does not have. Registrations give a call 5 s; most of it stays for the rest. */
  directRead: 1_500,
  /** One write, or the read before it: API servers give a request 60 s, but the one that writes would rather try again. */
  write: 30_000,
  /** How long a call waits for caches that are being filled. */
  firstSync: 2_000,
  /** Bound service account tokens are renewed by the kubelet; client-go reads them as often. */
  tokenAge: 60_000,
} as const;

/** The bounds that tests shorten. */
export type KubeTimings = Readonly<
  Record<"watchSilence" | "backoffMin" | "backoffMax" | "absentRetry" | "directRead" | "firstSync", number>
>;
