/**
 * Every bound of the xDS server, each with its reason. Sizes in bytes, times in milliseconds.
 *
 * Streams and connections fit the container's 1 GiB (src/install/objects/control-plane-objects.ts) as `bench/xds-streams.ts` measures them:
 * 210 MiB for the process, 3,500 streams of at most 0.12 MiB with their connections, 1,000 connections without a stream of 0.06 MiB.
 * That is 690 MiB at most; the rest is for caches, for messages that are being read, and for garbage.
 */
export const XDS_LIMITS = {
  /** A first request carries Envoy's list of extensions (60 KB) and the versions of what it has: 4,096 names of 200 bytes fit. */
  messageBytes: 1024 * 1024,
  /** Later requests name what changed, or in the state of the world all names of a type: tens, of some tens of bytes. */
  laterMessageBytes: 256 * 1024,
  /** Fields of one message, which are as many steps of reading: Envoy's list of extensions has a thousand. */
  fields: 10_000,
  /** What a proxy says of itself: our bootstrap has half a kilobyte, and the settings of tracing at most a few more. */
  metadataBytes: 32 * 1024,
  /** A proxy subscribes to its backends: tens. Bounds what a stream can make us remember, and the names of one request. */
  names: 4096,
  /** Bytes, also of a version and of the node's id: mesh and node may have 255 each, and ARNs are longer. */
  nameLength: 1024,
  /** A pod has one stream; a restarted Envoy and a half-open connection make more. Beyond this the oldest gives way. */
  streamsPerPod: 4,
  /** Beyond this another replica has to take them. */
  streams: 3_500,
  /** Connections, with or without a stream: without one each costs some 60 KB of TLS state. */
  connections: 4_500,
  /** Of one address. A pod has one; generous, because a network may show all pods of some nodes as one address. */
  connectionsPerPeer: 1_000,
  /** Streams at once on one connection; Envoy uses one, a command line tool two. */
  streamsPerConnection: 4,
  /** A client that is refused this often has its connection cut, so that trying on costs it a handshake each time. */
  refusalsPerConnection: 10,
  /** Requests that acknowledge nothing: bucket and refill a second. A proxy sends one for each change of its subscriptions. */
  requestBurst: 200,
  requestsPerSecond: 20,
  /** So many bytes of a request that is not the first cost as much as one request more: reading them takes a tenth of a millisecond. */
  bytesPerRequest: 8 * 1024,
  /** Streams that one pod begins: at once, and a second. Envoy waits for half a second after the first failure, then longer. */
  streamBurst: 20,
  streamsPerSecond: 1,
  /** Milliseconds of work before others get their turn: handshakes, timers and the network must not wait for a push to thousands, or its acknowledgements. */
  slice: 10,
  /** From a stream's beginning to its first request; Envoy sends both together. */
  firstRequest: 10_000,
  /**
   * From a response to its acknowledgement, and from what the network does not take to when it does; a proxy that takes longer hangs,
   * or has stopped reading. Not of clusters: Envoy acknowledges none while one warms.
   */
  acknowledgement: 120_000,
  /**
   * Who has not acknowledged something for longer is behind, for whoever asks; nothing is done about it. Endpoints and listeners are answered
   * within milliseconds, clusters when Envoy has warmed them, for which it waits 5 s (`initial_fetch_timeout`).
   */
  behind: 10_000,
  /** A newer response of clusters waits for the acknowledgement of the one before, but not while Envoy warms a cluster for longer. */
  clusterAcknowledgement: 1_000,
  /** Clusters that warm by DNS, health checks or secrets are waited for so long: some never answer. */
  clusterWarming: 2_000,
  /** Clusters whose endpoints come from here: Envoy gives up waiting for them after 5 s (`initial_fetch_timeout`). */
  endpointsWarming: 6_000,
  /** What was replaced is still used so long after the acknowledgement: by running requests, their retries, and workers. */
  lingering: 10_000,
  /** The same of a listener whose successor waits for a secret or routes, and is not active until it has them. */
  lingeringUnready: 30_000,
  /** A rejected secret that names files is sent again after this long, as often as it takes: they may be there by then. Each try is a line in Envoy's log. */
  retryRejected: 15_000,
  /** A TLS handshake takes milliseconds of work and some round trips. */
  handshake: 10_000,
  /** New connections that begin to be read in one turn of the event loop: each costs a tenth of a millisecond, and a thousand may come at once. */
  heardPerTurn: 32,
  /**
   * Connections between the beginning of their handshake and their first request: each is two or three milliseconds of work, so that even
   * when the network brings what all of them say at once nobody else waits for longer than some 25 ms. Those whose answers take 20 ms on their way
   * still keep the process busy.
   */
  admittedAtOnce: 8,
  /** Of these, how many begin in one turn of the event loop: a handshake begins with a millisecond of arithmetic. */
  admittedPerTurn: 4,
  /** After this long one counts as let in whatever it does: those who dawdle must not keep the others out. */
  admission: 250,
  /** But not before so many turns of the event loop: what a client sent while the process was busy is read in the next one, and a handshake takes some. */
  admissionTurns: 5,
  /** A connection without a stream is closed after this long. */
  idleConnection: 30_000,
  /** A ping now and then finds connections whose other end is gone; the answer must come before the next one. */
  ping: 45_000,
  /** Headers of a request: a token has one or two kilobytes. */
  headerBytes: 24 * 1024,
  /** How far ages of streams differ, as a share: a thousand proxies that came at once do not leave at once. */
  ageJitter: 0.2,
  /** Streams that are ended a second when the server stops: as many as another replica can take, so that nobody waits there for long. */
  endsPerSecond: 200,
  /** How long a closed stream may take to deliver its last words before it is cut, and a closed connection to be gone. */
  goodbye: 2_000,
  /** How often deadlines are looked at. */
  sweep: 1_000,
  /** Bytes of a message of Envoy's that are logged and shown; it may quote whole resources. */
  rejectionText: 1_000,
} as const;

/** The bounds, some of which tests shorten. */
export type XdsLimits = { readonly [K in keyof typeof XDS_LIMITS]: number };
