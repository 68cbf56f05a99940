import type { AppliedObject } from "./after-apply.ts";
import { type DescribedProblem, describedProblem } from "./describe-report.ts";
import type { ChangedProxies, MeshDiff } from "./mesh-diff.ts";
import type { MeshProblem } from "./mesh-problems.ts";

/** What `outrigger diff -f FILE --output json` prints; the members stay, later releases may add some. */
export interface DiffReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly summary: {
    /** Objects that would be created, changed or deleted, and those that would be refused. */
    readonly objects: number;
    readonly refused: number;
    /** Workloads and proxies that get something, and proxies that get nothing. */
    readonly workloads: number;
    readonly proxies: number;
    readonly unchanged: number;
    readonly appearing: number;
    readonly ending: number;
  };
  readonly objects: readonly AppliedObject[];
  readonly proxies: readonly ChangedProxies[];
  readonly withoutPods: MeshDiff["withoutPods"];
  readonly appearing: readonly DiffedProblem[];
  readonly ending: readonly DiffedProblem[];
  /** Sentences for a person: what is not known, and what was assumed. */
  readonly notes: readonly string[];
}

export interface DiffedProblem extends DescribedProblem {
  readonly object: MeshProblem["object"];
}

export function diffReport(
  objects: readonly AppliedObject[],
  { proxies, unchanged, withoutPods, appearing, ending }: MeshDiff,
  notes: readonly string[],
  release: string,
  now: Date,
): DiffReport {
  const changed = objects.filter(({ outcome }) => outcome !== "unchanged" && outcome !== "refused");
  const workloads = new Set(
    proxies.map(({ namespace, workload: { kind, name } }) => [namespace, kind, name].join("/")),
  );
  return {
    format: 1,
    release,
    time: now.toISOString(),
    summary: {
      objects: changed.length,
      refused: objects.filter(({ outcome }) => outcome === "refused").length,
      workloads: workloads.size,
      proxies: proxies.reduce((sum, { pods }) => sum + pods.length, 0),
      unchanged,
      appearing: appearing.length,
      ending: ending.length,
    },
    objects,
    proxies,
    withoutPods,
    appearing: appearing.map(diffedProblem),
    ending: ending.map(diffedProblem),
    notes,
  };
}

/** Whether an apply changes anything at all: an object, whoever gets it. */
export function isDifferent({ summary }: DiffReport): boolean {
  return summary.objects > 0;
}

function diffedProblem(problem: MeshProblem): DiffedProblem {
  return { ...describedProblem(problem), object: problem.object };
}
