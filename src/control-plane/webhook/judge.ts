import type { Problem, ProblemCode } from "../../graph/problem.ts";
import { refusedAlways } from "../../graph/refused-always.ts";
import { immutableChange } from "../../model/immutable-fields.ts";
import { type JsonObject, sameJson } from "../../model/json.ts";
import type { MeshObject } from "../../model/mesh-object.ts";
import type { FieldProblem } from "../../model/parse-object.ts";
import { WRITTEN_FIELDS } from "../../model/written-fields.ts";
import { OBJECT_WEBHOOK_LIMITS } from "./limits.ts";
import { allowed, type ObjectAnswer, refusedAnswer } from "./object-answer.ts";

/** Problems that say where an object belongs: they follow from other objects, which may be newer than what is known here. */
const OF_MEMBERSHIP: ReadonlySet<ProblemCode> = new Set([
  "no-mesh",
  "ambiguous-mesh",
  "mesh-not-selected",
  "no-gateway",
  "ambiguous-gateway",
  "gateway-not-selected",
]);

export function isOfMembership({ code }: Problem): boolean {
  return OF_MEMBERSHIP.has(code);
}

/**
 * Problems that nobody is warned of: what the next object of the same `kubectl apply` usually mends, what is not about what is written,
 * and what there is nothing to do about.
 */
const UNSAID: ReadonlySet<ProblemCode> = new Set([
  "missing-reference",
  "no-service",
  "other-mesh",
  "capped-timeout",
  "alike-services",
]);

/** What becomes of the object; `before` is undefined where it could not be read. */
export type Asked =
  | { readonly operation: "CREATE" }
  | { readonly operation: "UPDATE"; readonly before: MeshObject | undefined };

/**
 * Whether an object may be as it is to be, with its problems as the graph has them: refused is only what App Mesh's webhook always
 * refused, and of the rest one is warned. Nothing is said about an object that is on its way out, or whose change is none of ours, so
 * that finalizers and labels of what was stored while nobody was asked can be changed.
 */
export function judge(object: MeshObject, asked: Asked, problems: readonly Problem[]): ObjectAnswer {
  const { operation } = asked;
  const before = operation === "UPDATE" ? asked.before : undefined;
  if (object.metadata.deleting || (before !== undefined && isSame(withoutNewFields(object, before), before))) {
    return allowed("unchanged");
  }
  const changed = before && immutableChange(before, object);
  if (changed !== undefined) return refusedAnswer("immutable-field", changed);
  const refused = problems.filter((problem) => refusedAlways(object, problem, operation));
  const [first] = refused;
  if (first !== undefined)
    return refusedAnswer(first.code, bounded(refused.map(sentence), OBJECT_WEBHOOK_LIMITS.refusals).join(". "));
  const said = problems
    .filter(({ code }) => !UNSAID.has(code))
    .map((problem) => `${sentence(problem)} (${problem.code})`);
  return allowed("accepted", { warnings: bounded(said, OBJECT_WEBHOOK_LIMITS.warnings) });
}

/** The answer about an object that the API server takes and that cannot be read here, as with CRDs older than ours. */
export function unreadable(problems: readonly FieldProblem[]): ObjectAnswer {
  const said = problems.map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message} (not-readable)`);
  return allowed("not-readable", { warnings: bounded(said, OBJECT_WEBHOOK_LIMITS.warnings) });
}

/** The object without the fields that are only now written into it, as the leader does where nobody was asked before. */
function withoutNewFields(object: MeshObject, before: MeshObject): MeshObject {
  const had = before.spec as JsonObject;
  const entries = Object.entries(object.spec as JsonObject).filter(
    ([field]) => had[field] !== undefined || !(WRITTEN_FIELDS as readonly string[]).includes(field),
  );
  return { ...object, spec: Object.fromEntries(entries) } as unknown as MeshObject;
}

function isSame(one: MeshObject, other: MeshObject): boolean {
  return (
    sameJson(one.spec as never, other.spec as never) &&
    sameJson(one.metadata.annotations, other.metadata.annotations) &&
    sameJson(one.metadata.labels, other.metadata.labels) &&
    sameJson(one.unknownFields as never, other.unknownFields as never)
  );
}

/** One problem with what helps, in the words of `outrigger problems`. */
function sentence({ path, message, help }: Problem): string {
  return `${path === "" ? "" : `${path}: `}${message}; ${help}`;
}

function bounded(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, most - 1);
  return [...shown, `and ${lines.length - shown.length} more: outrigger problems names all`];
}
