import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { LabelSelector } from "../model/selector.ts";

/** A selector as it stands in an object. */
export type WrittenSelector = DeepReadonly<{
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?: { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}>;

/** The same with its lists filled in; an absent selector stays absent, for that means something else than an empty one. */
export function selectorOf(written: WrittenSelector | undefined): LabelSelector | undefined {
  if (written === undefined) return undefined;
  const { matchLabels = {}, matchExpressions = [] } = written;
  return {
    matchLabels,
    matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  };
}
