/** Every bound of the control plane that is not one of its xDS server, each with its reason. Times in milliseconds. */
export const CONTROL_PLANE_LIMITS = {
  /** Tokens of an API server have one or two kilobytes; longer ones are not even taken apart. */
  tokenCharacters: 16 * 1024,
  /** Of the node id that a proxy claims, in the log and in diagnostics: mesh and node may have 255 each, and ARNs are longer. */
  claimedCharacters: 1024,
  /** How far our clock may be behind that of the API server: a token that was just issued is not one of the future. */
  clockSkew: 60_000,
  /** Keys are asked for again after this long, before the next token is accepted: one that was taken back is not trusted for ever. */
  keysAge: 5 * 60_000,
  /** For so long they do while the API server is away: new streams of running pods outlast a night's repair, a key does not. */
  keysMaxAge: 6 * 3_600_000,
  /** A token of an unknown key makes us ask for the keys at most this often, whoever sends it. */
  keysRetry: 10_000,
  /** One question to the API server that a proxy waits for. */
  question: 5_000,
  /** Questions to the API server that callers may cause, of each kind (TokenReviews, pods that no cache has): at once, and a second. */
  questionBurst: 100,
  questionsPerSecond: 20,
  /** The share of one address. A proxy needs one a stream; some, where a network shows the pods of a node as one address. */
  peerQuestionBurst: 10,
  peerQuestionsPerSecond: 1,
  /** Addresses whose share is remembered, 200 bytes each: the pods of a large cluster that might ask at once. */
  askingPeers: 4_096,
  /** How long a token that the API server has refused is refused without asking: it may have been issued before every API server knew its pod. */
  refusedFor: 10_000,
  /** Such tokens that are remembered, by their hashes of some 100 bytes. */
  refusedTokens: 1_024,
  /** Different settings of tracing among the pods that are served: an installation has one or two, with rates of their own a few more. */
  tracings: 16,
  /**
   * Part of `controlPlane.shutdownSeconds` in which it serves on as before: until every node's kube-proxy leads new connections elsewhere, which
   * takes a second or two. Where this was the only replica, and its node is emptied, its successor is about to be ready by then.
   */
  settleShare: 0.25,
  /** The part after that over which streams are ended at most; the rest is for their last words. */
  drainShare: 0.5,
  /** After which part of its life a node's certificate is renewed, and how much sooner at most, so that not all are at once. */
  renewalShare: 2 / 3,
  renewalJitter: 0.1,
  /** One that could not be made is tried again after this long; nor is one that ends sooner renewed before. */
  certificateRetry: 10_000,
  /** Who has waited this long for one, or for roots, is said to. */
  certificateLate: 10_000,
  /** One that is due, and that nobody asks for within this time, is nobody's any more. */
  forgetCertificate: 60_000,
  /**
   * So long the second pass of a gateway knows a service to which no route leads any more: the first pass may wait for clusters before it takes up
   * its routes, and has requests under way then.
   */
  leftServices: 30_000,
  /** Of a page of diagnostics, how long one piece may take to make: so long everybody else waits. */
  pageTurn: 10,
} as const;
