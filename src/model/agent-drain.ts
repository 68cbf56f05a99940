/** Seconds that the image's agent takes as drain time; it does not start with another number. */
export const AGENT_DRAIN = { least: 5, most: 110 };

/** The drain time that comes nearest to the configured one. */
export function agentDrainSeconds(seconds: number): number {
  return Math.min(AGENT_DRAIN.most, Math.max(AGENT_DRAIN.least, seconds));
}
