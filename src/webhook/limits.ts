/** Every bound of the webhook for pods beside those of its server, each with its reason. Sizes in bytes, times in milliseconds. */
export const LIMITS = {
  /** Longest body whose answer is remembered; most are below 20 KB. */
  rememberedBodyBytes: 64 * 1024,
  /** Answers that are remembered: the Deployments that scale or roll out at one time. */
  rememberedAnswers: 256,
  /** All of them together, with their templates: each of them about 25 KB. */
  rememberedBytes: 8 * 1024 * 1024,
  /** A body is remembered when its like is among about so many before it: where no two pods are alike, nothing is spent on it. */
  seenTemplates: 256,
  /** How long the readiness check waits for its own synthetic review. */
  selfTest: 1_000,
  /** The result of a synthetic review holds for so long: probes every second must not double the load. */
  selfTestAge: 2_000,
} as const;
