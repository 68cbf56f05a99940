import { oneLine } from "../../model/one-line.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";

/** Text from the cluster as a terminal may show it: one line without control characters, cut when long. */
export function quoted(text: string): string {
  const plain = oneLine(text);
  return plain.length > DIAGNOSE_LIMITS.quoted ? `${plain.slice(0, DIAGNOSE_LIMITS.quoted).toWellFormed()}…` : plain;
}
