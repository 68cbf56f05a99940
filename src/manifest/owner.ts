import type { OwnerFacts, OwnerLink } from "../model/facts.ts";
import { controllerOf, needsLookup, type OwnerLookup, ownerFacts } from "../model/owner.ts";
import { withoutEnd } from "../model/trim.ts";
import type { ManifestObject, Workload } from "./workloads.ts";

/**
 * Who owns the pods of a workload, as the API server would say once they run: a Deployment's pods belong to the
 * Deployment, those of a Job to its CronJob where it has one. `others` are all objects at hand, in which the owner of
 * an owner is looked for; a pod's ReplicaSet or Job that is not among them counts as a failed look-up.
 */
export function ownerOf(workload: Workload, others: readonly ManifestObject[]): OwnerFacts {
  const controller = controllerOf(workload.json);
  if (workload.kind !== "Pod") return ownerFacts(controller ?? itself(workload), undefined);
  return ownerFacts(controller, controller && needsLookup(controller) ? lookUp(controller, others) : undefined);
}

function lookUp(controller: OwnerLink, others: readonly ManifestObject[]): OwnerLookup {
  const object = others.find(({ kind, name }) => kind === controller.kind && name === controller.name);
  return object === undefined
    ? { kind: "failed", reason: "it is not in the input; --owner KIND/NAME can say who owns the pod" }
    : { kind: "found", controller: controllerOf(object.json) };
}

function itself({ apiVersion, kind, name }: Workload): OwnerLink {
  // a generated name ends in a dash that the API server continues
  return { apiVersion, kind, name: withoutEnd(name, "-"), uid: "" };
}
