import { firstOf } from "../../model/first-of.ts";
import type { ClusterFacts } from "../facts/cluster-facts.ts";
import type { Reading } from "../facts/reading.ts";

/** Something that is wrong. `warning`: it works, but perhaps not as intended. `failed`: it does not work. */
export interface CheckProblem {
  readonly status: "warning" | "failed";
  /** What was seen and where. */
  readonly saw: string;
  /** The command or the edit that helps. */
  readonly hint: string;
}

/** A namespace that takes part in injection. */
export interface LabelledNamespace {
  readonly name: string;
  /** Value of its label. */
  readonly mode: string;
  /** Pod Security level that it enforces; null: the cluster's default. */
  readonly podSecurity: string | null;
}

export type Findings =
  | {
      readonly found: string;
      readonly problems: readonly CheckProblem[];
      readonly namespaces?: readonly LabelledNamespace[];
    }
  /** There is nothing to look at, or it may not be looked at, and why. */
  | { readonly notApplicable: string };

/** One question to the facts: pure. */
export interface Check {
  /** A fixed word; the anchor of its section in `docs/diagnose.md`. */
  readonly id: string;
  readonly title: string;
  /** `cluster`: it makes sense before anything is installed. `before-install`: only then. */
  readonly about: "cluster" | "installation" | "before-install";
  readonly run: (facts: ClusterFacts) => Findings;
}

export type Status = "ok" | "warning" | "failed" | "not-applicable";

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  readonly found: string;
  readonly problems: readonly CheckProblem[];
  /** Only of the check `namespaces`: every one that takes part. */
  readonly namespaces?: readonly LabelledNamespace[];
  /** Page and anchor, relative to the repository. */
  readonly docs: string;
}

/** Runs the checks over the facts, in order; the worst problem is a check's status. */
export function runChecks(checks: readonly Check[], facts: ClusterFacts): readonly CheckResult[] {
  return checks.map(({ id, title, run }) => {
    const findings = run(facts);
    const docs = `docs/diagnose.md#${id}`;
    if ("notApplicable" in findings) {
      return { id, title, status: "not-applicable", found: findings.notApplicable, problems: [], docs };
    }
    const { found, problems, namespaces } = findings;
    return { id, title, status: worst(problems), found, problems, ...(namespaces && { namespaces }), docs };
  });
}

function worst(problems: readonly CheckProblem[]): Status {
  if (problems.some(({ status }) => status === "failed")) return "failed";
  return problems.length > 0 ? "warning" : "ok";
}

/** What a check says that has nothing to look at: a refusal is another check's matter, a failure its own. */
export function unread(reading: Exclude<Reading<unknown>, { kind: "read" }>, what: string): Findings {
  switch (reading.kind) {
    case "absent":
      return { notApplicable: `there is no ${what}` };
    case "refused":
      return { notApplicable: `you are not allowed to ${reading.what}` };
    case "failed":
      return {
        found: `${what} could not be read`,
        problems: [{ status: "warning", saw: reading.why, hint: "run the check again; it reads everything again" }],
      };
  }
}

/** `1 pod`, `2 pods`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}

/** The first few of a list for a sentence: `a, b, c and 4 more`. */
export function some(names: readonly string[], most = 5): string {
  return firstOf(names, most);
}
