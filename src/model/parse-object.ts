import type { z } from "zod";
import { isObject, type Json, type JsonObject, listOf, member, numberOf, stringMapOf, stringOf } from "./json.ts";
import { APPMESH_API_VERSION, APPMESH_GROUP, isKind, KIND_FACTS, KINDS, type Kind } from "./kinds.ts";
import type { MeshObject, ObjectMetadata, ObjectRef, UnknownField } from "./mesh-object.ts";
import { nearest } from "./nearest.ts";
import { oversize } from "./object-limits.ts";
import { OBJECT_SCHEMAS } from "./object-schema.ts";
import { objectStatus } from "./object-status.ts";
import { SPEC_SCHEMAS } from "./spec-schemas.ts";
import { unknownFields } from "./unknown-fields.ts";

/** One thing about an object that does not fit its schema. */
export interface FieldProblem {
  /** Such as `spec.listeners[0].portMapping.port`; empty: the object as a whole. */
  readonly path: string;
  /** Such as `expected a whole number from 1 to 65535, found "http"`. */
  readonly message: string;
}

/** What does not fit the schema of an object that cannot be read. */
export type Misfit = FieldProblem | UnknownField;

export type ParsedObject =
  | { readonly kind: "parsed"; readonly object: MeshObject }
  /** `ref` is undefined where not even a name could be made out. */
  | {
      readonly kind: "refused";
      readonly ref: ObjectRef | undefined;
      readonly problems: readonly FieldProblem[];
      readonly unknownFields: readonly UnknownField[];
    };

/** Not more are listed of one object. */
const MOST_PROBLEMS = 16;

/**
 * Reads an App Mesh object as JSON gave it. Accepts what the CustomResourceDefinitions accept; a member that is null counts as
 * absent, as for the API server. Never throws.
 */
export function parseObject(raw: JsonObject): ParsedObject {
  const tooLarge = oversize(raw);
  const kind = stringOf(member(raw, "kind")) ?? "";
  const apiVersion = stringOf(member(raw, "apiVersion")) ?? "";
  if (apiVersion !== APPMESH_API_VERSION || !isKind(kind)) {
    const found = `found ${shown(kind)} of ${shown(apiVersion)}${meantType(kind, apiVersion)}`;
    return refused(undefined, "", `expected an App Mesh object (${APPMESH_API_VERSION}), ${found}`);
  }
  const metadata = metadataOf(kind, raw);
  const { name, namespace } = metadata;
  const ref = name === "" ? undefined : { kind, namespace, name };
  if (ref === undefined) {
    const generated =
      stringOf(member(member(raw, "metadata"), "generateName")) === undefined ? "none" : "generateName alone";
    return refused(ref, "metadata.name", `expected a name, found ${generated}`);
  }
  if (tooLarge !== undefined) return refused(ref, "", `the object is too large: ${tooLarge}`);
  const schema: z.ZodType<MeshObject["spec"]> = SPEC_SCHEMAS[kind];
  const given = withoutNulls(member(raw, "spec") ?? {});
  const spec = schema.safeParse(given);
  const stray = unknownFields(OBJECT_SCHEMAS[kind], { ...raw, spec: given });
  if (!spec.success) {
    const problems = spec.error.issues.slice(0, MOST_PROBLEMS).map((issue) => fieldProblem(issue, given));
    return { kind: "refused", ref, problems, unknownFields: stray };
  }
  // what does not fit there is nobody's fault but ours or an older controller's, and counts as not said
  const status = objectStatus.safeParse(withoutNulls(member(raw, "status") ?? {}));
  const object = {
    kind,
    metadata,
    spec: spec.data,
    conditions: status.data?.conditions ?? [],
    observedGeneration: status.data?.observedGeneration,
    arns: arnsOf(kind, raw),
    unknownFields: stray,
  } as MeshObject;
  return { kind: "parsed", object };
}

/** What was probably meant by a kind or a version that is none. */
function meantType(kind: string, apiVersion: string): string {
  if (isKind(kind)) {
    return apiVersion.startsWith(`${APPMESH_GROUP}/`)
      ? `: write it as ${APPMESH_API_VERSION}, whose fields may be others`
      : "";
  }
  const meant = apiVersion === APPMESH_API_VERSION ? nearest(kind, KINDS, SLIP) : undefined;
  return meant === undefined ? "" : `: perhaps ${meant} was meant`;
}

/** Another case, a plural, a letter or two. */
const SLIP = { longest: 64, oneIn: 5, always: 2 } as const;

/** All that does not fit. */
export function misfits({
  problems,
  unknownFields: stray,
}: ParsedObject & { readonly kind: "refused" }): readonly Misfit[] {
  return stray.length === 0 ? problems : [...problems, ...stray];
}

function refused(ref: ObjectRef | undefined, path: string, message: string): ParsedObject {
  return { kind: "refused", ref, problems: [{ path, message }], unknownFields: [] };
}

function arnsOf(kind: Kind, raw: JsonObject): JsonObject {
  const { arnField } = KIND_FACTS[kind];
  const status = member(raw, "status");
  const own = arnField === undefined ? undefined : stringOf(member(status, arnField));
  const routes = stringMapOf(member(status, "routeARNs"));
  return {
    ...(arnField !== undefined && own !== undefined && { [arnField]: own }),
    ...(kind === "VirtualRouter" && Object.keys(routes).length > 0 && { routeARNs: { ...routes } }),
  };
}

function metadataOf(kind: Kind, raw: JsonObject): ObjectMetadata {
  const metadata = member(raw, "metadata");
  const of = (key: string): string => stringOf(member(metadata, key)) ?? "";
  return {
    name: of("name"),
    // manifests give Meshes a namespace now and then, which the API server ignores
    namespace: KIND_FACTS[kind].scope === "Cluster" ? "" : of("namespace") || "default",
    uid: of("uid"),
    generation: numberOf(member(metadata, "generation")) ?? 0,
    resourceVersion: of("resourceVersion"),
    labels: stringMapOf(member(metadata, "labels")),
    annotations: stringMapOf(member(metadata, "annotations")),
    finalizers: listOf(member(metadata, "finalizers")).filter((entry) => typeof entry === "string"),
    created: of("creationTimestamp"),
    deleting: of("deletionTimestamp") !== "",
  };
}

/** The API server takes a null member for an absent one; in lists nulls stay. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => withoutNulls(entry));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  return Object.fromEntries(entries.map(([key, entry]) => [key, withoutNulls(entry)]));
}

function fieldProblem(issue: z.core.$ZodIssue, spec: Json): FieldProblem {
  let path = "spec";
  let at: Json | undefined = spec;
  for (const key of issue.path) {
    path += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
    at = typeof key === "number" ? listOf(at)[key] : member(at, String(key));
  }
  return {
    path,
    message: `${expectation(issue)}, found ${at === undefined ? "nothing" : shown(at)}${quotes(issue, at)}${unwritten(path, at)}`,
  };
}

/** What helps where YAML made another scalar of a value than was meant. */
function quotes(issue: z.core.$ZodIssue, found: Json | undefined): string {
  if (issue.code !== "invalid_type") return "";
  if (issue.expected === "string") {
    return typeof found === "number" || typeof found === "boolean" ? ": write it in quotes" : "";
  }
  const isQuoted = typeof found === "string" && UNQUOTED[issue.expected]?.test(found);
  return isQuoted === true ? ": write it without quotes" : "";
}

/** What helps where a reference lacks what only the webhook can know. */
function unwritten(path: string, found: Json | undefined): string {
  const [, field] = /^spec\.(meshRef|virtualGatewayRef)\.uid$/.exec(path) ?? [];
  return field === undefined || found !== undefined
    ? ""
    : `: leave ${field} out, which is written when the object is created`;
}

const UNQUOTED: Readonly<Record<string, RegExp>> = { number: /^-?\d{1,16}$/, boolean: /^(?:true|false)$/ };

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `expected at least ${entries(issue.minimum)}`;
    case "too_big":
      return `expected at most ${entries(issue.maximum)}`;
    default:
      return issue.message;
  }
}

function entries(number: number | bigint): string {
  return `${number} ${Number(number) === 1 ? "entry" : "entries"}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a whole number",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** A value for a message: short and without control characters. */
function shown(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isObject(value)) return "an object";
  const text = typeof value === "string" && value === "" ? "nothing" : JSON.stringify(value);
  const plain = text.replace(/\p{Cc}+/gu, " ");
  return plain.length > 80 ? `${plain.slice(0, 80).toWellFormed()}…` : plain;
}
