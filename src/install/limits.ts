/** Every bound of installing and removing, each with its reason. Times in milliseconds. */
export const INSTALL_LIMITS = {
  /** Between two looks at something that is waited for: a person watches, and an API server has time for one read. */
  poll: 500,
  /**
   * That a namespace to be removed waits for our pods to end, which takes them 12 s: Kubernetes looks at a namespace with pods on their way
   * out again only after half of their grace period, twice if need be.
   */
  podsEnd: 20_000,
  /** From when on what is waited for, and what holds it, is said: most waits are shorter, and after that a person wonders. */
  quiet: 5_000,
  /** Default of `--timeout`, in seconds: images are pulled meanwhile, over slow networks too. */
  timeoutSeconds: 300,
  /** One test admission: longer than a registration's 5 s, so that it is the API server that gives up. */
  testAdmission: 15_000,
  /** Age from which nobody is at work any more in a namespace of a test admission: twelve times the default of `--timeout`. */
  testNamespace: 3_600_000,
  /** Questions to the API server that are under way at once: enough to hide their latency. */
  callsAtOnce: 8,
  /** Objects a page; pods, reduced to their metadata, are a megabyte then. */
  page: 500,
  /** Kinds that are looked at before a namespace is removed; a cluster with every operator of a vendor has some 1,500. */
  types: 5_000,
  /** Names of what stands in the way that one line holds. */
  named: 8,
} as const;
