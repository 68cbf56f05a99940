/** Every bound of `check` and `status`, each with its reason. Times in milliseconds. */
export const DIAGNOSE_LIMITS = {
  /** One read, or one question to the API server; a person waits. */
  read: 10_000,
  /** Whole pods have up to some tens of kilobytes: a page stays at a few MiB, and is let go before the next one comes. */
  page: 200,
  /** Kept of a collection, each reduced to a few hundred bytes; the largest clusters that Kubernetes supports have 150,000 pods. */
  objects: 150_000,
  /** How often a list is begun again after the API server forgot its version between two pages (410 Gone). */
  restarts: 3,
  /** Reads that are under way at once: enough to hide their latency, few beside the API server's own fairness limits. */
  concurrency: 6,
  /** Namespaces that are tried with a pod of each check; a cluster's owner with more sees the first of them. */
  testAdmissions: 25,
  /** Namespaces of a mesh without the injection label whose pods are looked at, each a list. */
  unlabelled: 25,
  /** Opening a forwarded connection into a pod, and the answer over it, each. */
  forward: 5_000,
  /** Bytes of one answer out of a pod: a control plane tells about 10,000 streams in some 5 MB. */
  answer: 32 * 1024 * 1024,
  /** Sidecars that `status` asks for their statistics, each through a forwarded connection: about ten seconds. */
  statisticsAsked: 500,
  /** Certificates with another name whose names `status` asks for, of two Envoys each: a handful of causes is more than one night has. */
  certificatesAsked: 10,
  /** Pods of the called node that are asked for them, one after the other: a rollout has two kinds, and one may be ending. */
  calledAsked: 3,
  /** Problems of one check that are printed as text; JSON has all. */
  printedProblems: 12,
  /** Characters of a text from the cluster in one sentence. */
  quoted: 400,
} as const;
