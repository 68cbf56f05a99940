/** How the value of a header is matched, as it may be written. */
export interface WrittenMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  readonly regex?: string | undefined;
  readonly range?: { readonly start: number; readonly end: number } | undefined;
}

/** How it is matched. */
export type ValueMatch =
  | { readonly kind: "exact" | "prefix" | "suffix" | "regex"; readonly value: string }
  | { readonly kind: "range"; readonly start: number; readonly end: number }
  /** Being there is enough. */
  | { readonly kind: "present" };

const TEXTS = ["exact", "prefix", "suffix", "regex"] as const;

/** Of several kinds at once, which the API never took and the CRDs do, the first counts. Without one: being there is enough. */
export function valueMatch(match: WrittenMatch | undefined): ValueMatch {
  for (const kind of TEXTS) {
    const value = match?.[kind];
    if (value !== undefined) return { kind, value };
  }
  return match?.range === undefined ? { kind: "present" } : { kind: "range", ...match.range };
}
