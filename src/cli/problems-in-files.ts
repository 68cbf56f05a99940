import { type MeshProblem, meshProblems } from "../answers/mesh-problems.ts";
import type { FilePlace, FoundProblem, Looked } from "../answers/problems-report.ts";
import { refusedAlways } from "../graph/refused-always.ts";
import type { CertificateSecret } from "../model/certificate-secrets.ts";
import { compareTexts } from "../model/compare-texts.ts";
import { keyOf, type MeshObject, type ObjectKey } from "../model/mesh-object.ts";
import type { ParsedObject } from "../model/parse-object.ts";
import { type ObjectPlace, referenceOf } from "./mesh-documents.ts";
import { meshInFiles } from "./mesh-in-files.ts";
import type { ParsedInput } from "./parsed-input.ts";
import { placesOf } from "./places.ts";
import { refusedProblems } from "./unusable-objects.ts";

/** What files came to: their problems, the Meshes in them, and what was looked at. */
export interface FilesFindings {
  readonly problems: readonly FoundProblem[];
  /** Names of the Meshes. */
  readonly meshes: readonly string[];
  /** Of files: the namespaces that are there; undefined: a namespace that is not there was refused already, or may be in what cannot be read. */
  readonly namespaces: readonly string[] | undefined;
  readonly looked: Looked;
}

/**
 * What is wrong with the App Mesh objects of files, as if just these were applied to an empty cluster. Objects without a namespace are of
 * `standard`; a namespace that is not among the files is taken to have the labels by which its mesh and gateways select.
 * `certificates`: what ARNs mean, as far as a configuration says it.
 */
export function problemsInFiles(
  inputs: readonly ParsedInput[],
  standard: string,
  certificates: readonly CertificateSecret[],
): FilesFindings {
  const { read, objects, contents, notes } = meshInFiles(inputs, standard);
  const origins = new Map<ObjectKey, ObjectPlace>();
  const parsedOnes = new Map<ObjectKey, MeshObject>();
  for (const { parsed: one, origin } of objects) {
    const ref = referenceOf(one);
    if (ref === undefined) continue;
    origins.set(keyOf(ref), origin);
    if (one.kind === "parsed") parsedOnes.set(keyOf(ref), one.object);
  }
  const { problems, objects: lookedAt } = meshProblems({ ...contents, certificates }, refusedProblems(objects));
  return {
    problems: [
      ...read.unreadable.map(({ path, message, place }) => withoutObject(path, message, place)),
      ...withPlaces([
        ...objects.flatMap(({ parsed: one, origin }) =>
          referenceOf(one) === undefined ? namelessProblems(one).map((problem) => ({ problem, origin })) : [],
        ),
        ...problems.map((problem) => ({
          problem: asOfFile(problem, parsedOnes.get(keyOf(problem.object))),
          origin: origins.get(keyOf(problem.object)),
        })),
      ]),
    ],
    // also those that cannot be read, which `--mesh` may ask about
    meshes: objects.flatMap(({ parsed: one }) => {
      const ref = referenceOf(one);
      return ref?.kind === "Mesh" ? [ref.name] : [];
    }),
    namespaces: read.unreadable.length > 0 ? undefined : [...read.places].toSorted(compareTexts),
    looked: { objects: lookedAt, ignored: read.ignored, notes },
  };
}

/** In a file there is no earlier state of an object that could count, and what is refused is not stored. */
function asOfFile(problem: MeshProblem, object: MeshObject | undefined): MeshProblem {
  if (problem.code === "not-readable") return { ...problem, help: "correct it: the API server refuses this object" };
  if (object === undefined || !refusedAlways(object, problem, "CREATE")) return problem;
  const refused = refusedAlways(object, problem, "UPDATE") ? "it" : "it as a new object";
  return { ...problem, help: `${problem.help}; until then kubectl apply of ${refused} is refused` };
}

/** Of an object without a name, or of a kind or version that App Mesh does not have. */
function namelessProblems(parsed: ParsedObject): readonly Unplaced[] {
  if (parsed.kind === "parsed") return [];
  return parsed.problems.map(({ path, message }) => withoutObject(path, message, undefined));
}

function withoutObject(path: string, message: string, place: FilePlace | undefined): FoundProblem {
  const help = "correct it: until then nothing in it is looked at";
  return { code: "not-readable", object: undefined, mesh: undefined, path, message, help, place };
}

type Unplaced = Omit<FoundProblem, "place">;

function withPlaces(
  found: readonly { readonly problem: Unplaced; readonly origin: ObjectPlace | undefined }[],
): readonly FoundProblem[] {
  const known = found.filter(({ origin }) => origin !== undefined);
  const places = placesOf(known.map(({ problem, origin }) => ({ origin: origin as ObjectPlace, path: problem.path })));
  const placeOf = new Map(known.map((one, index) => [one, places[index]]));
  return found.map((one) => ({ ...one.problem, place: placeOf.get(one) }));
}
