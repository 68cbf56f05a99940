import type { Problem, ProblemCode } from "../graph/problem.ts";
import type { Description } from "./describe.ts";
import { SEVERITIES, type Severity } from "./severity.ts";

/** What `outrigger describe KIND/NAME --output json` prints; the members stay, later releases may add some. */
export interface DescribeReport extends Omit<Description, "problems"> {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly problems: readonly DescribedProblem[];
  /** Sentences for a person: what is not known, and what was assumed. */
  readonly notes: readonly string[];
}

export interface DescribedProblem {
  readonly severity: Severity;
  readonly code: ProblemCode;
  readonly path: string;
  readonly message: string;
  readonly help: string;
  readonly docs: string;
}

export function describeReport(
  description: Description,
  notes: readonly string[],
  release: string,
  now: Date,
): DescribeReport {
  const problems = description.problems.map(describedProblem);
  return { format: 1, release, time: now.toISOString(), ...description, problems, notes };
}

export function describedProblem({ code, path, message, help }: Problem): DescribedProblem {
  return { severity: SEVERITIES[code], code, path, message, help, docs: `docs/problems.md#${code}` };
}
