import type { DeepReadonly } from "../model/deep-readonly.ts";
import type { LabelSelector } from "../model/selector.ts";

/** A selector as it stands in an object. */
export type WrittenSelector = DeepReadonly<{
  matchLabels?: Record<string, string> | undefined;
  matchExpressions?: { key: string; operator: string; values?: string[] | undefined }[] | undefined;
}>;

/** Objects never change, and each node of a namespace looks at the selectors of all others. */
const READ = new WeakMap<WrittenSelector, LabelSelector>();

/** The same with its lists filled in; an absent selector stays absent, for that means something else than an empty one. */
export function selectorOf(written: WrittenSelector | undefined): LabelSelector | undefined {
  if (written === undefined) return undefined;
  const known = READ.get(written);
  if (known !== undefined) return known;
  const { matchLabels = {}, matchExpressions = [] } = written;
  const read = {
    matchLabels,
    matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  };
  READ.set(written, read);
  return read;
}
