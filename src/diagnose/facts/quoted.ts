import { shortLine } from "../../model/one-line.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";

/** Text from the cluster as a terminal may show it: one line without control characters, cut when long. */
export function quoted(text: string): string {
  return shortLine(text, DIAGNOSE_LIMITS.quoted);
}
