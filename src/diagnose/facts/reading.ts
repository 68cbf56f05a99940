/** What came of reading something: a person without a permission, or a cluster without the thing, is told so and nothing fails. */
export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "absent" }
  /** The API server does not let this user; `what` names it: `list pods`. */
  | { readonly kind: "refused"; readonly what: string }
  | { readonly kind: "failed"; readonly why: string };

/** The value, where there is one. */
export function valueIn<T>(reading: Reading<T>): T | undefined {
  return reading.kind === "read" ? reading.value : undefined;
}

/** The reading of something made of what was read. */
export function mapped<T, U>(reading: Reading<T>, make: (value: T) => U): Reading<U> {
  return reading.kind === "read" ? { kind: "read", value: make(reading.value) } : reading;
}

/** What was found in any of the lists; where that is nothing and one of them could not be read, nobody can say that there is nothing. */
export function together<T>(lists: readonly Reading<readonly T[]>[]): Reading<readonly T[]> {
  const found = lists.flatMap((list) => valueIn(list) ?? []);
  const unread = lists.find(({ kind }) => kind === "refused" || kind === "failed");
  return found.length === 0 && unread !== undefined ? unread : { kind: "read", value: found };
}

/** Why it is not known what there is; empty where it was read, and where nothing of its kind can be there, such as a CRD that is not installed. */
export function whyUnread(reading: Reading<unknown>, what: string): string {
  return reading.kind === "refused" || reading.kind === "failed" ? whyNot(reading, what) : "";
}

/** Why there is no value, in words; `what` is the thing in question. */
export function whyNot(reading: Exclude<Reading<unknown>, { kind: "read" }>, what: string): string {
  switch (reading.kind) {
    case "absent":
      return `there is no ${what}`;
    case "refused":
      return `you are not allowed to ${reading.what}`;
    case "failed":
      return `${what} could not be read: ${reading.why}`;
  }
}
