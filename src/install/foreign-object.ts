import { type JsonObject, member } from "../model/json.ts";
import { helmReleaseOf } from "./helm-release.ts";
import type { Refusal } from "./install-error.ts";
import { labelsOf, nameOf, titleOf } from "./object-name.ts";
import { COMPONENT_LABEL, MANAGED_BY_LABEL, MANAGER } from "./ownership.ts";

/** Whether a stored object is one that `install` made, or was given to it. */
export function isOurs(stored: JsonObject): boolean {
  const labels = labelsOf(stored);
  return labels[MANAGED_BY_LABEL] === MANAGER && labels[COMPONENT_LABEL] !== undefined;
}

/**
 * Why an object that is there already must not be written over; undefined when it is ours, or a namespace: namespaces of others
 * are welcome, unless they are being deleted.
 */
export function foreignRefusal(wanted: JsonObject, stored: JsonObject): Refusal | undefined {
  const { kind, name, namespace } = nameOf(wanted);
  if (kind === "Namespace") return leavingRefusal(stored);
  if (isOurs(stored)) return undefined;
  const release = helmReleaseOf(stored);
  if (release !== undefined) {
    return {
      reason: `${titleOf(wanted)} belongs to the Helm release ${release.name} in namespace ${release.namespace}`,
      remedy: `upgrade that release with helm, or remove it first: helm uninstall ${release.name} -n ${release.namespace}`,
    };
  }
  const labels = labelsOf(wanted);
  const adopting = [MANAGED_BY_LABEL, COMPONENT_LABEL].map((key) => `${key}=${labels[key] ?? ""}`).join(" ");
  const place = namespace === undefined ? "" : ` -n ${namespace}`;
  const object = `${kind.toLowerCase()} ${name}${place}`;
  return {
    reason: `${titleOf(wanted)} is there already and was not made by outrigger install`,
    remedy: `delete it: kubectl delete ${object}; or hand it over: kubectl label --overwrite ${object} ${adopting}`,
  };
}

function leavingRefusal(namespace: JsonObject): Refusal | undefined {
  if (member(namespace.metadata, "deletionTimestamp") === undefined) return undefined;
  const { name } = nameOf(namespace);
  return {
    reason: `${titleOf(namespace)} is being deleted`,
    remedy: `wait until it is gone: kubectl wait --for=delete namespace/${name}; if it stays, its status says why`,
  };
}
