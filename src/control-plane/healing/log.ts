/** Where the leader's parts say what they do: lines of names, identifiers and decisions, never of a pod's body. */
export interface HealingLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
