import { type MeshContents, meshGraph } from "../answers/mesh-contents.ts";
import { NO_SETTINGS } from "../graph/graph-settings.ts";
import type { Problem } from "../graph/problem.ts";
import { refusedAlways } from "../graph/refused-always.ts";
import { keyOf, type ObjectRef, refOf } from "../model/mesh-object.ts";
import type { FieldProblem } from "../model/parse-object.ts";
import { firstFault } from "./described-object.ts";
import { CommandError } from "./exit.ts";
import { type FoundObject, referenceOf } from "./mesh-documents.ts";
import type { MeshInFiles } from "./mesh-in-files.ts";
import { placesOf, shownPlace } from "./places.ts";
import { servicesInFiles } from "./services-in-files.ts";

/** What the API server refuses of objects that can be read, or of their metadata: what is known of them before a graph says more. */
export function refusedProblems(objects: readonly FoundObject[]): readonly Problem[] {
  const help = "correct it: kubectl apply ends with this error, and nothing of the object is stored";
  return objects.flatMap(({ parsed, refusals }): readonly Problem[] => {
    const object = referenceOf(parsed);
    if (object === undefined) return [];
    return refusals.map(({ path, message }) => ({ code: "refused", object, path, message, help }));
  });
}

/**
 * Sentences for a person, with the place: documents that cannot be read, and objects of which nobody can say what they are. Any of them may be what is
 * asked about, so that no command that leaves them out ends with 0.
 */
export function unread({ read, objects }: MeshInFiles): readonly string[] {
  const unnamed = objects.filter(({ parsed }) => referenceOf(parsed) === undefined);
  const documents = read.unreadable.map(({ path, message, place }) => ({
    place: shownPlace(place),
    fault: `${path} ${message}`.trim(),
  }));
  return [...documents, ...faultsOf(unnamed)].map(
    ({ place, fault }) => `${place}: left out, as it cannot be read: ${fault}`,
  );
}

/** That something is not there: where there is what cannot be read, nobody knows, and to correct that comes first. */
export function perhapsUnread(error: CommandError, sentences: readonly string[]): CommandError {
  const [first] = sentences;
  if (first === undefined) return error;
  const more = sentences.length === 1 ? "" : ` (and ${sentences.length - 1} more)`;
  const end = error.message.endsWith("?") ? "" : ".";
  return new CommandError("refused", `${error.message}${end} It may be in what cannot be read: ${first}${more}`);
}

/** What an empty cluster would have after an apply of files: the API server refuses the other objects, with a sentence for each. */
export function afterApply({ objects, contents, read }: MeshInFiles): {
  readonly contents: MeshContents;
  readonly refused: readonly string[];
} {
  const given = objects.map(withWebhook(contents));
  const known = given.filter(({ parsed }) => referenceOf(parsed) !== undefined);
  const unusable = known.filter((one) => faults(one).length > 0);
  const refused = faultsOf(unusable).map(
    ({ key, place, fault }) => `${place}: ${key} is left out, as the API server refuses it: ${fault}`,
  );
  if (unusable.every(({ parsed }) => parsed.kind === "refused")) return { contents, refused };
  const accepted = given.map(({ parsed, refusals }) =>
    refusals.length === 0 || parsed.kind === "refused"
      ? parsed
      : ({ kind: "refused", ref: referenceOf(parsed), problems: refusals, unknownFields: [] } as const),
  );
  const services = servicesInFiles(
    accepted.flatMap((parsed) => (parsed.kind === "parsed" ? [parsed.object] : [])),
    read.services,
  );
  return { contents: { ...contents, objects: accepted, services }, refused };
}

/**
 * Each with what the control plane's webhook refuses it for, whatever else there is. Not where it belongs: what is in no mesh has no effect anyway,
 * and answers say so.
 */
function withWebhook(contents: MeshContents): (one: FoundObject) => FoundObject {
  const graph = meshGraph(contents, NO_SETTINGS);
  return (one) => {
    if (one.parsed.kind === "refused") return one;
    const { object } = one.parsed;
    const refused = graph.problems(refOf(object) as ObjectRef).filter((each) => refusedAlways(object, each, "UPDATE"));
    const own = refused.map(({ path, message, code }) => ({ path, message: `${message} (${code})` }));
    return own.length === 0 ? one : { ...one, refusals: [...one.refusals, ...own] };
  };
}

function faults({ parsed, refusals }: FoundObject): readonly FieldProblem[] {
  return [...(parsed.kind === "refused" ? parsed.problems : []), ...refusals];
}

interface Fault {
  /** Of the object; empty where it has none. */
  readonly key: string;
  readonly place: string;
  readonly fault: string;
}

/** The first fault of each object, and how many more there are. */
function faultsOf(objects: readonly FoundObject[]): readonly Fault[] {
  const asked = objects.map((one) => ({ origin: one.origin, path: faults(one)[0]?.path ?? "" }));
  const places = placesOf(asked);
  return objects.map((one, index) => {
    const ref = referenceOf(one.parsed);
    return {
      key: ref === undefined ? "" : keyOf(ref),
      place: shownPlace(places[index] ?? { file: one.origin.file, line: one.origin.line }),
      fault: firstFault(faults(one), "outrigger problems -f"),
    };
  });
}
