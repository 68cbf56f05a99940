/** Every bound of the webhook for App Mesh objects beside those of its server, each with its reason. Times in milliseconds. */
export const OBJECT_WEBHOOK_LIMITS = {
  /** One question to the API server within a call, to which its registration gives 2 s: there may be two, one after the other. */
  read: 600,
  /** Warnings of one object: `kubectl` prints a line for each, and the API server passes on 4,096 characters of all. */
  warnings: 8,
  /** Reasons that one refusal names. */
  refusals: 4,
  /** Objects in the way of a deletion that are named. */
  inTheWay: 4,
  /** Of those, how many the API server is asked about before a deletion is refused: one call each, within the 2 s. */
  lookedFor: 3,
  /** A review holds an object twice at most, and etcd takes 1.5 MiB of each. Whoever reaches the port may send so much on each connection. */
  bodyBytes: 4 * 1024 * 1024,
  /** API servers open one for each call at a time; beyond it calls fail, which lets objects through. With the bodies: 512 MiB at worst. */
  connections: 128,
  /** Reviews that ask the API server at the same time; those beyond it go by what is known here. */
  asking: 8,
} as const;
