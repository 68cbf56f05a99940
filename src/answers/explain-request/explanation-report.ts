import type { RequestExplanation } from "./explanation.ts";
import { isAnswered } from "./explanation.ts";

/** What `outrigger explain request --output json` prints; the members stay, later releases may add some. */
export interface ExplanationReport extends RequestExplanation {
  readonly format: 1;
  readonly release: string;
  /** Whether every request of this kind is answered, or leaves the mesh. */
  readonly answered: boolean;
}

export function explanationReport(explanation: RequestExplanation, release: string): ExplanationReport {
  return { format: 1, release, answered: isAnswered(explanation), ...explanation };
}
