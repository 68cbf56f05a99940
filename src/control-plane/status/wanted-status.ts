import { SEVERITIES } from "../../answers/severity.ts";
import type { Problem, ProblemCode } from "../../graph/problem.ts";
import { type Rejection, rejectionProblem } from "../../graph/rejections.ts";
import type { Standing } from "../../graph/standing.ts";
import { type ArnPlace, arnOf } from "../../model/arn.ts";
import { type Json, type JsonObject, objectOf, sameJson } from "../../model/json.ts";
import { KIND_FACTS } from "../../model/kinds.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import type { Condition } from "../../model/object-status.ts";
import { shortLine } from "../../model/one-line.ts";
import { WRITE_LIMITS } from "./limits.ts";

/** What is said of an object: without times. */
export interface WantedStatus {
  readonly conditions: readonly WantedCondition[];
  /** Fields of its status with ARNs. */
  readonly arns: JsonObject;
}

export interface WantedCondition {
  readonly type: string;
  readonly status: "True" | "False";
  /** In CamelCase, as Kubernetes wants it. */
  readonly reason: string;
  readonly message: string;
}

/** Problems by which an object is not part of the mesh at all. */
const NOT_ACCEPTED: ReadonlySet<ProblemCode> = new Set([
  "no-mesh",
  "ambiguous-mesh",
  "mesh-not-selected",
  "no-gateway",
  "ambiguous-gateway",
  "gateway-not-selected",
]);
const OF_NAMES: ReadonlySet<ProblemCode> = new Set(["name-claimed-twice", "name-of-another-namespace"]);

/**
 * `<Kind>Active`, which App Mesh's controller had: the object is in its mesh, and nothing of it is wrong. `Accepted`: it is in its mesh,
 * under its own name. `Programmed`: its proxies get what it says; what some of them alone reject is programmed, and said. Undefined for a
 * BackendGroup, which has no status.
 */
export function wantedStatus(
  object: MeshObject,
  standing: Standing,
  found: readonly Problem[],
  place: ArnPlace,
  rejection?: Rejection,
): WantedStatus | undefined {
  const { condition: active } = KIND_FACTS[object.kind];
  if (active === undefined) return undefined;
  const rejected = rejection && rejectionProblem(rejection, "steady");
  const problems = rejection?.isAll === true && rejected !== undefined ? [...found, rejected] : found;
  // whoever claims the name of another changes nothing for the one that has it
  const errors = problems.filter(
    ({ code }) => SEVERITIES[code] === "error" && !(standing.hasName && OF_NAMES.has(code)),
  );
  const refused = problems.filter(({ code }) => NOT_ACCEPTED.has(code) || (!standing.hasName && OF_NAMES.has(code)));
  const wrong = refused.length > 0 ? refused : errors;
  return {
    conditions: [
      condition(active, wrong, "Active"),
      condition("Accepted", refused, "Accepted"),
      programmed(wrong, standing.mode, rejected),
    ],
    arns: arnsOf(object, standing, place),
  };
}

/** Reason of `Programmed` where some proxies reject what comes from the object, and others do not. */
export const PARTLY = "PartlyRejected";

/** Whether it was said last that proxies reject something. */
export function saysRejected({ conditions }: Pick<MeshObject, "conditions">): boolean {
  return conditions.some(({ type, reason }) => type === "Programmed" && (reason === "Rejected" || reason === PARTLY));
}

const OBSERVED =
  "the mesh is observed only, so traffic passes through: outrigger diff --serve says what serving would close, and outrigger serve switches, which is the annotation outrigger.dev/mesh=serve on its Mesh or Namespace";

/** Whether its proxies get what the object says; `rejected`: what some of them do not take, where nothing else stands in the way. */
function programmed(wrong: readonly Problem[], mode: Standing["mode"], rejected: Problem | undefined): WantedCondition {
  if (wrong.length === 0 && mode !== "serve")
    return { type: "Programmed", status: "False", reason: "Observed", message: OBSERVED };
  if (wrong.length > 0 || rejected === undefined) return condition("Programmed", wrong, "Programmed");
  return { ...condition("Programmed", [rejected], "Programmed"), status: "True", reason: PARTLY };
}

function condition(type: string, problems: readonly Problem[], reason: string): WantedCondition {
  const [first, ...others] = problems;
  if (first === undefined) return { type, status: "True", reason, message: "" };
  const { code, path, message, help } = first;
  const more = others.length > 0 ? ` (and ${others.length} more: outrigger problems)` : "";
  const text = shortLine(`${path === "" ? "" : `${path}: `}${message}; ${help}`, WRITE_LIMITS.message - more.length);
  return { type, status: "False", reason: camelCase(code), message: `${text}${more}` };
}

function camelCase(code: string): string {
  return code.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function arnsOf(object: MeshObject, { mesh, awsName, gateway, hasName }: Standing, place: ArnPlace): JsonObject {
  const { kind, spec } = object;
  const { arnField } = KIND_FACTS[kind];
  if (kind === "BackendGroup" || arnField === undefined || mesh === undefined || !hasName) return {};
  if (kind === "GatewayRoute" && gateway === undefined) return {};
  const own = { [arnField]: arnOf(place, mesh, kind, awsName, gateway) };
  if (kind !== "VirtualRouter") return own;
  const names = (spec.routes ?? []).map(({ name }) => name);
  return {
    ...own,
    routeARNs: Object.fromEntries(names.map((name) => [name, arnOf(place, mesh, "Route", name, awsName)])),
  };
}

/**
 * What to merge into the status that is there; undefined where nobody would read anything new. Conditions of others stay; the time of
 * a condition changes with its status. Where the same is said of a newer generation that alone is written: `kubectl wait` and Flux take
 * what is said of an older one for nothing.
 */
export function newStatus(object: MeshObject, wanted: WantedStatus, now: Date): JsonObject | undefined {
  const known = new Map(object.conditions.map((one) => [one.type, one]));
  const isNew = wanted.conditions.some((one) => !saysTheSame(known.get(one.type), one));
  const hasArns = Object.entries(wanted.arns).every(([field, arn]) => sameArn(object, field, arn));
  const { generation } = object.metadata;
  if (!isNew && hasArns) {
    return object.observedGeneration === generation ? undefined : { observedGeneration: generation };
  }
  const ours = wanted.conditions.map((one) => {
    const before = known.get(one.type);
    const kept = before?.status === one.status ? before.lastTransitionTime : undefined;
    return { ...one, lastTransitionTime: kept ?? timeInSeconds(now) };
  });
  const others = object.conditions.filter(({ type }) => !wanted.conditions.some((one) => one.type === type));
  return {
    conditions: [...others, ...ours] as unknown as JsonObject[],
    observedGeneration: generation,
    ...wanted.arns,
    ...goneRoutes(object, wanted),
  };
}

/** The ARNs of the routes, with null for those that are gone: a merge leaves what it is not told of. */
function goneRoutes({ arns }: MeshObject, wanted: WantedStatus): JsonObject {
  const now = wanted.arns["routeARNs"];
  if (now === undefined) return {};
  const gone = Object.keys(objectOf(arns["routeARNs"])).filter((name) => !Object.hasOwn(objectOf(now), name));
  return { routeARNs: { ...Object.fromEntries(gone.map((name) => [name, null])), ...objectOf(now) } };
}

function sameArn({ arns }: MeshObject, field: string, arn: Json): boolean {
  const none = typeof arn === "object" && Object.keys(objectOf(arn)).length === 0;
  return sameJson(arns[field], arn) || (none && arns[field] === undefined);
}

/** Whether a condition says what was said before. */
export function saysTheSame(before: Condition | undefined, { status, reason, message }: WantedCondition): boolean {
  return before?.status === status && before.reason === reason && (before.message ?? "") === message;
}

/** As the API server writes times: exact to the second. */
export function timeInSeconds(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}
