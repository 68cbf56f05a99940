import type { FilePlace } from "../answers/problems-report.ts";
import { namespaceMetadata } from "../cluster/resources.ts";
import { serviceSummary } from "../cluster/service-resources.ts";
import { misreadMetadata } from "../inject/rules/scalars.ts";
import type { ManifestObject } from "../manifest/workloads.ts";
import { apiRefusals } from "../model/api-refusals.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import { isObject, type JsonObject, objectOf, stringOf } from "../model/json.ts";
import { APPMESH_API_VERSION, APPMESH_GROUP, isKind, KIND_FACTS } from "../model/kinds.ts";
import { type ObjectRef, refOf } from "../model/mesh-object.ts";
import { type Nearness, nearest } from "../model/nearest.ts";
import { type FieldProblem, type ParsedObject, parseObject } from "../model/parse-object.ts";
import { type DocumentPart, type ParsedInput, partsOf, repeatedKeys } from "./parsed-input.ts";
import type { GivenService } from "./services-in-files.ts";

/** Where an object was found: enough to find the line of a field in it, should that be asked. */
export interface ObjectPlace {
  readonly file: string;
  readonly text: string;
  /** Of the document. */
  readonly line: number;
  /** Steps from the document to the object. */
  readonly way: readonly string[];
}

export interface FoundObject {
  readonly parsed: ParsedObject;
  /** As it is written, with its namespace. */
  readonly raw: JsonObject;
  /** What the API server refuses about it beyond its types. */
  readonly refusals: readonly FieldProblem[];
  readonly origin: ObjectPlace;
}

/** What the documents of files have for a mesh. */
export interface MeshDocuments {
  readonly objects: readonly FoundObject[];
  readonly namespaces: readonly NamespaceFacts[];
  /** The same as they are written, by name. */
  readonly rawNamespaces: ReadonlyMap<string, JsonObject>;
  readonly services: readonly GivenService[];
  /** Documents in which no object can be made out. */
  readonly unreadable: readonly (FieldProblem & { readonly place: FilePlace })[];
  /** Number of other objects. */
  readonly ignored: number;
  /** Namespaces that are there: those of the documents, and of every object that is in one. */
  readonly places: ReadonlySet<string>;
  /** Sentences for a person: keys that stand twice, and what is named like App Mesh's, and is another's. */
  readonly notes: readonly string[];
}

/** Reads App Mesh objects, Namespaces and Services; objects without a namespace are of `standard`. */
export function readMeshDocuments(inputs: readonly ParsedInput[], standard: string): MeshDocuments {
  const objects: FoundObject[] = [];
  const namespaces = new Map<string, NamespaceFacts>();
  const rawNamespaces = new Map<string, JsonObject>();
  const services: GivenService[] = [];
  const unreadable: (FieldProblem & { readonly place: FilePlace })[] = [];
  const others: ManifestObject[] = [];
  const places = new Set<string>();
  const repeated: string[] = [];
  let ignored = 0;
  for (const input of inputs) {
    for (const part of partsOf(input)) {
      if (part.kind === "text") continue;
      if (part.kind === "unreadable") {
        const { message, line } = part.error;
        unreadable.push({ path: "", message, place: { file: input.label, line: line ?? 1 } });
        continue;
      }
      if (part.objects.length === 0 && isKindless(part)) {
        const message = `expected a kind of App Mesh (${APPMESH_API_VERSION}), found none`;
        unreadable.push({ path: "kind", message, place: { file: input.label, line: part.document.line } });
      } else if (part.objects.length === 0) ignored++;
      repeated.push(...repeatedKeys(input, part.document));
      for (const object of part.objects) {
        const place = placeOf(object, part, standard);
        if (place !== undefined) places.add(place);
        if (isMeant(object)) {
          const way = object.pointer.split("/").slice(1);
          const origin = { file: input.label, text: part.manifest.text, line: part.document.line, way };
          objects.push({ ...readObject(object, standard), origin });
        } else if (object.apiVersion === "v1" && object.kind === "Namespace") {
          namespaces.set(object.name, { name: object.name, ...namespaceMetadata(object.json) });
          rawNamespaces.set(object.name, object.json);
        } else if (object.apiVersion === "v1" && object.kind === "Service") {
          const namespace = stringOf(objectOf(object.json.metadata).namespace) || standard;
          services.push({ namespace, name: object.name, summary: serviceSummary(object.json) });
        } else {
          if (isKind(object.kind)) others.push(object);
          ignored++;
        }
      }
    }
  }
  const notes = [...repeated, ...notesOf(others)];
  return { objects, namespaces: [...namespaces.values()], rawNamespaces, services, unreadable, ignored, places, notes };
}

/**
 * The namespace that an object is in, or is. Of an object that names none it is `standard` where its kind is known to be in a namespace; undefined: nobody
 * knows, or it is in none.
 */
function placeOf(object: ManifestObject, { workloads }: DocumentPart, standard: string): string | undefined {
  const { apiVersion, kind, name, json } = object;
  if (apiVersion === "v1" && kind === "Namespace") return name;
  if (isMeant(object) && isKind(kind) && KIND_FACTS[kind].scope === "Cluster") return undefined;
  const written = stringOf(objectOf(json.metadata).namespace) || undefined;
  const isInOne =
    isMeant(object) ||
    (apiVersion === "v1" && kind === "Service") ||
    workloads.some((workload) => workload.json === json);
  return written ?? (isInOne ? standard : undefined);
}

/** A slip or two in the name of the group. */
const SLIP: Nearness = { longest: 64, oneIn: 4, always: 1 };

/** Whether an object is of App Mesh, or was to be: its group is misspelled, of another version, or missing. Other projects have kinds of the same names. */
function isMeant({ apiVersion, kind }: ManifestObject): boolean {
  const group = groupOf(apiVersion);
  return group === APPMESH_GROUP || (isKind(kind) && (group === "" || isLikeOurs(group)));
}

/** Whether a document says that it is of App Mesh, and not what. */
function isKindless({ document: { json } }: DocumentPart): boolean {
  return isObject(json) && isLikeOurs(groupOf(stringOf(json["apiVersion"]) ?? ""));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/", 1)[0] ?? "") : "";
}

function isLikeOurs(group: string): boolean {
  return group.includes("appmesh") || nearest(group, [APPMESH_GROUP], SLIP) !== undefined;
}

function notesOf(others: readonly ManifestObject[]): readonly string[] {
  return [...Map.groupBy(others, ({ kind, apiVersion }) => `${kind} of ${apiVersion}`)].map(
    ([what, { length }]) =>
      `${length === 1 ? "1 object is" : `${length} objects are`} ${what}, ignored: App Mesh's are of ${APPMESH_API_VERSION}`,
  );
}

/** Metadata that YAML took for something else than the text that it looks like is refused, as the API server would. */
function readObject({ apiVersion, kind, json }: ManifestObject, standard: string): Omit<FoundObject, "origin"> {
  const given = objectOf(json.metadata);
  // an empty one and null are absent, as for the API server
  const metadata = { ...given, namespace: stringOf(given.namespace) || standard };
  const raw = { ...json, apiVersion, kind, metadata };
  const parsed = parseObject(raw);
  const misread = misreadMetadata(json);
  if (misread.length === 0) return { parsed, raw, refusals: apiRefusals(raw) };
  const said = new Set(misread.map(({ path }) => path));
  const { problems, unknownFields } = parsed.kind === "refused" ? parsed : { problems: [], ...parsed.object };
  const others = problems.filter(({ path }) => !said.has(path));
  const refused = {
    kind: "refused",
    ref: referenceOf(parsed),
    problems: [...misread, ...others],
    unknownFields,
  } as const;
  return { parsed: refused, raw, refusals: apiRefusals(raw) };
}

/** The name of an object, whether it can be read or not; undefined where none can be made out. */
export function referenceOf(parsed: ParsedObject): ObjectRef | undefined {
  return parsed.kind === "parsed" ? refOf(parsed.object) : parsed.ref;
}
