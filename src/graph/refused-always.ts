import type { MeshObject, TypedObject } from "../model/mesh-object.ts";
import { refusedMatches } from "./match-faults.ts";
import type { Problem } from "./problem.ts";

/**
 * Whether App Mesh's webhook always refused an object with this problem, as it is created or changed. Where an object belongs was asked
 * when it was created, never later: a relabelled namespace does not hold up changes. What the CRDs refuse by themselves is here for those
 * that are older than ours.
 */
export function refusedAlways(object: MeshObject, problem: Problem, operation: "CREATE" | "UPDATE"): boolean {
  switch (problem.code) {
    case "ambiguous-mesh":
      // a Mesh that selects what another one selects was never refused, and everybody new after it is
      return operation === "CREATE" && object.kind !== "Mesh";
    case "no-mesh":
    case "mesh-not-selected":
    case "no-gateway":
    case "ambiguous-gateway":
    case "gateway-not-selected":
      return operation === "CREATE";
    case "route-named-twice":
      return true;
    case "backend-twice":
      return object.kind === "VirtualNode" && writtenTwice(object).has(problem.path);
    case "ambiguous-field":
    case "never-matches":
      if (object.kind !== "GatewayRoute") return false;
      return problem.path === "spec" || refusedMatches(object.spec).has(problem.path);
    default:
      return false;
  }
}

/** Paths of backends that are written as one before; the same service by reference and by ARN was never noticed. */
function writtenTwice({ metadata, spec }: TypedObject<"VirtualNode">): ReadonlySet<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const [index, { virtualService }] of (spec.backends ?? []).entries()) {
    const { virtualServiceRef: reference, virtualServiceARN: arn } = virtualService;
    const written = reference ? `${reference.namespace || metadata.namespace}/${reference.name}` : arn;
    if (written === undefined) continue;
    if (seen.has(written)) twice.add(`spec.backends[${index}].virtualService`);
    seen.add(written);
  }
  return twice;
}
