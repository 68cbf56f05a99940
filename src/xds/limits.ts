/** Every bound of the xDS server, each with its reason. Sizes in bytes, times in milliseconds. */
export const XDS_LIMITS = {
  /** A first request carries Envoy's list of extensions (60 KB) and the versions of what it has; 1 MiB holds 10,000 names. */
  messageBytes: 1024 * 1024,
  /** A proxy subscribes to its backends: tens. Bounds what a stream can make us remember. */
  names: 4096,
  nameLength: 1024,
  /** A pod has one stream; a restarted Envoy and a half-open connection make more. Beyond this the oldest gives way. */
  streamsPerPod: 4,
  /** About 0.1 MB each; beyond this another replica has to take them. */
  streams: 10_000,
  /** Connections, with or without a stream: each costs some 60 KB of TLS state. */
  connections: 12_000,
  /** Of one address. A pod has one; generous, because a network may show all pods of some nodes as one address. */
  connectionsPerPeer: 1_000,
  /** Streams at once on one connection; Envoy uses one, a command line tool two. */
  streamsPerConnection: 4,
  /** A client that is refused this often has its connection cut, so that trying on costs it a handshake each time. */
  refusalsPerConnection: 10,
  /** Requests that acknowledge nothing: bucket and refill a second. A proxy sends one for each change of its subscriptions. */
  requestBurst: 200,
  requestsPerSecond: 20,
  /** From a stream's beginning to its first request; Envoy sends both together. */
  firstRequest: 10_000,
  /** From a response to its acknowledgement; a proxy that takes longer hangs, or reads no more. */
  acknowledgement: 120_000,
  /** A TLS handshake takes milliseconds of work and some round trips. */
  handshake: 10_000,
  /** A connection without a stream is closed after this long. */
  idleConnection: 30_000,
  /** A ping now and then finds connections whose other end is gone; the answer must come before the next one. */
  ping: 45_000,
  /** Headers of a request: a token has one or two kilobytes. */
  headerBytes: 24 * 1024,
  /** How far ages of streams differ, as a share: a thousand proxies that came at once do not leave at once. */
  ageJitter: 0.2,
  /** How long a closed stream may take to deliver its last words before it is cut, and a closed connection to be gone. */
  goodbye: 2_000,
  /** How often deadlines are looked at. */
  sweep: 1_000,
  /** Streams that get a change before others are let in between: a push to thousands must not hold up the rest. */
  batch: 25,
  /** Characters of a message of Envoy's that are logged and shown; it may quote whole resources. */
  rejectionText: 1_000,
} as const;

/** The bounds, some of which tests shorten. */
export type XdsLimits = { readonly [K in keyof typeof XDS_LIMITS]: number };
