import type { ProblemCode } from "../graph/problem.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import type { LookedAt, MeshProblem } from "./mesh-problems.ts";
import { SEVERITIES, type Severity } from "./severity.ts";

/** Where in the files something stands. */
export interface FilePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A problem; without an object: of a document in which none could be made out. */
export type FoundProblem = Omit<MeshProblem, "object"> & {
  readonly object: ObjectRef | undefined;
  readonly place: FilePlace | undefined;
};

/** What `outrigger problems --output json` prints; the members stay, later releases may add some. */
export interface ProblemsReport {
  readonly format: 1;
  readonly release: string;
  /** RFC 3339. */
  readonly time: string;
  readonly summary: {
    /** App Mesh objects that were looked at, as far as they were asked for. */
    readonly objects: number;
    /** Of the files: objects that are none of App Mesh, and no Namespace. */
    readonly ignored: number;
    readonly errors: number;
    readonly warnings: number;
  };
  readonly problems: readonly ReportedProblem[];
  /** Sentences for a person: what had to be assumed, and what is missing in the picture. */
  readonly notes: readonly string[];
}

export interface ReportedProblem {
  readonly severity: Severity;
  readonly code: ProblemCode;
  readonly object: ObjectRef | null;
  /** Name of the Mesh that the object is in. */
  readonly mesh: string | null;
  /** Such as `spec.routes[1].httpRoute`; empty: the object as a whole. */
  readonly path: string;
  readonly message: string;
  readonly help: string;
  /** Where it stands, of files. */
  readonly place: FilePlace | null;
  readonly docs: string;
}

/** What was looked at. */
export interface Looked {
  readonly objects: readonly LookedAt[];
  readonly ignored: number;
  readonly notes: readonly string[];
}

/** Which problems are asked for. */
export interface ProblemFilter {
  readonly namespace: string | undefined;
  /** Name of a Mesh. */
  readonly mesh: string | undefined;
}

export function problemsReport(
  found: readonly FoundProblem[],
  { objects, ignored, notes }: Looked,
  { namespace, mesh }: ProblemFilter,
  release: string,
  now: Date,
): ProblemsReport {
  const asked = found.filter(
    ({ object, code, mesh: own }) =>
      // what cannot be read, or even be named, may be of any
      (namespace === undefined || object === undefined || object.namespace === namespace) &&
      (mesh === undefined || own === mesh || (own === undefined && code === "not-readable")),
  );
  const problems = asked.map(reported);
  const isAsked = ({ object, mesh: own }: LookedAt): boolean =>
    (namespace === undefined || object === undefined || object.namespace === namespace) &&
    (mesh === undefined || own === mesh);
  const number = (severity: Severity): number => problems.filter((problem) => problem.severity === severity).length;
  const summary = {
    objects: objects.filter(isAsked).length,
    ignored,
    errors: number("error"),
    warnings: number("warning"),
  };
  return { format: 1, release, time: now.toISOString(), summary, problems, notes };
}

/** Whether there is anything that a pipeline stops for. */
export function isWrong({ problems }: ProblemsReport): boolean {
  return problems.length > 0;
}

function reported({ code, object, mesh, path, message, help, place }: FoundProblem): ReportedProblem {
  return {
    severity: SEVERITIES[code],
    code,
    object: object ?? null,
    mesh: mesh ?? null,
    path,
    message,
    help,
    place: place ?? null,
    docs: `docs/problems.md#${code}`,
  };
}
