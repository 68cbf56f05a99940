import { DIAGNOSE_LIMITS } from "./limits.ts";

/** Text from the cluster as a terminal may show it: one line without control characters, cut when long. */
export function quoted(text: string): string {
  const plain = oneLine(text);
  return plain.length > DIAGNOSE_LIMITS.quoted ? `${plain.slice(0, DIAGNOSE_LIMITS.quoted).toWellFormed()}…` : plain;
}

/** As {@link quoted}, whole: for sentences with something from the cluster in them. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ").trim();
}
