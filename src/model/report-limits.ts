/** Every bound of a replica's report, each with its reason. */
export const REPORT_LIMITS = {
  /**
   * Characters of the text of one report, written and read: all nodes of a large mesh with its rejections, well below the megabyte that a
   * ConfigMap may have. A longer one is not even parsed.
   */
  text: 256 * 1024,
  /** Objects of which a replica says that proxies reject what comes from them: who has more of them has one cause. */
  rejections: 200,
  /** Characters of what Envoy says: it quotes whole resources; what is wrong comes first. */
  problem: 400,
  /** Characters of the name of a resource: mesh and node may have 255 each. */
  resourceName: 600,
  /** Proxies that are named of those that are behind: a person looks at a few, and many have one cause. */
  behind: 20,
  /** Characters of `namespace/name`. */
  podName: 320,
  /** Changes of TLS of which a replica says how far its proxies are: 20 characters each. Those beyond wait the whole time of each step. */
  tlsChanges: 500,
  /** Reports that are read: replicas are a handful. */
  reports: 64,
} as const;
