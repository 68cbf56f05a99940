import type { MeshGraph } from "../graph/graph.ts";
import { NO_SETTINGS } from "../graph/graph-settings.ts";
import type { Problem } from "../graph/problem.ts";
import { decidedProxies, rejectionProblem, rejectionsIn } from "../graph/rejections.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { type ObjectRef, refOf } from "../model/mesh-object.ts";
import { type MeshContents, meshGraph } from "./mesh-contents.ts";

/** A problem with the name of the Mesh that its object is in; undefined: in none. */
export interface MeshProblem extends Problem {
  readonly mesh: string | undefined;
}

/** What was looked at. */
export interface LookedAt {
  /** Undefined: nobody can say what it is. */
  readonly object: ObjectRef | undefined;
  /** Name of the Mesh that it is in; undefined: in none. */
  readonly mesh: string | undefined;
}

export interface MeshFindings {
  readonly problems: readonly MeshProblem[];
  /** Every object that was given. */
  readonly objects: readonly LookedAt[];
}

/**
 * What is wrong in a mesh, sorted by namespace, kind and name; Meshes come first. An object that could not be read is there with the
 * reasons; one that has no name is left out, since nobody can refer to it. Those that are known before come first of each object.
 * `graph`: of the same contents, where somebody has it.
 */
export function meshProblems(
  contents: MeshContents,
  known: readonly Problem[] = [],
  graph: MeshGraph = meshGraph(contents, NO_SETTINGS),
): MeshFindings {
  const meshOf = (object: ObjectRef | undefined): string | undefined => object && graph.meshOf(object)?.name;
  const reports = contents.reports ?? [];
  const decided = () => decidedProxies(reports, (ref) => graph.view(ref));
  const rejections = [...rejectionsIn(reports, decided).values()]
    // one that was deleted a moment ago is not there to be mended
    .filter(({ object }) => graph.standing(object) !== undefined)
    .map((rejection) => rejectionProblem(rejection, "counts"));
  return {
    problems: [...known, ...graph.allProblems(), ...rejections]
      .map((problem) => ({ ...problem, mesh: meshOf(problem.object) }))
      .toSorted((a, b) => compareTexts(place(a.object), place(b.object))),
    objects: contents.objects.map((parsed) => {
      const object = parsed.kind === "parsed" ? refOf(parsed.object) : parsed.ref;
      return { object, mesh: meshOf(object) };
    }),
  };
}

/** Names of Kubernetes hold no slash. */
function place({ kind, namespace, name }: ObjectRef): string {
  return `${namespace}/${kind}/${name}`;
}
