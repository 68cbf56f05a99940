/** Every bound of a server of admission reviews, each with its reason. Sizes in bytes, times in milliseconds. */
export const ADMISSION_LIMITS = {
  /**
   * The API server takes 3 MiB for a request; escaping can make six bytes of one (`<` becomes `\u003c`), and the review
   * adds its envelope. Above this the review is denied in words, because a transport error would let it through under Ignore.
   */
  bodyBytes: 20 * 1024 * 1024,
  /** How much of a body above the limit is read and thrown away, so that the sender gets to read the answer. */
  discardBytes: 256 * 1024 * 1024,
  /** Pods nest about 15 deep, their managed fields about 20; App Mesh objects 12. Deeper input only serves to exhaust memory or stack. */
  nesting: 128,
  /** Go's HTTP client keeps idle connections for 90 s; whoever closes first loses a request that is on its way. */
  keepAlive: 95_000,
  /** From the first byte of a request until its headers are there. */
  headers: 10_000,
  /** From the first byte of a request until its body is there; the API server itself gives up after at most 30 s. */
  request: 30_000,
  /** How often the two above are checked. */
  checkInterval: 1_000,
  /** A TLS handshake takes a millisecond of work and some round trips. */
  handshake: 10_000,
  /** An API server opens tens; each costs about 50 KB. Beyond this new ones are refused, so that memory stays bounded. */
  connections: 4_096,
  /** `Warning` headers: the API server cuts each after 256 characters (admission documentation, "Response"). */
  warningCharacters: 256,
  /** Part of the time for stopping in which new calls are still answered: until every API server knows that we leave. */
  lingerShare: 0.5,
} as const;

/** What a server that strangers reach may hold of theirs, where its process does much else. */
export type AdmissionBounds = Readonly<Record<"bodyBytes" | "connections", number>>;

/** The bounds that tests shorten. */
export type HttpTimeouts = Readonly<
  Record<"keepAlive" | "headers" | "request" | "checkInterval" | "handshake", number>
>;
