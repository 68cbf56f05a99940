import { type JsonObject, member, objectsOf, stringOf } from "../../model/json.ts";
import { isOurEntry } from "../../model/names.ts";
import type { Refusal } from "../install-error.ts";
import { labelsOf, objectNameOf, titleOf } from "../objects/object-name.ts";
import { isRegistration, REGISTRATION_KINDS } from "../objects/object-registrations.ts";
import { COMPONENT_LABEL, MANAGED_BY_LABEL, MANAGER } from "../objects/ownership.ts";
import { helmReleaseOf } from "./helm-release.ts";

/** Whether a stored object is one that `install` made, or was given to it. */
export function isInstalled(stored: JsonObject): boolean {
  const labels = labelsOf(stored);
  return labels[MANAGED_BY_LABEL] === MANAGER && labels[COMPONENT_LABEL] !== undefined;
}

/**
 * Why an object that is there already must not be written over: it is another's, or it is being deleted, and what is written to it goes
 * with it. Undefined when it is ours, a CRD of App Mesh, or a namespace: namespaces of others are welcome.
 */
export function foreignRefusal(wanted: JsonObject, stored: JsonObject): Refusal | undefined {
  const { kind, name, namespace } = objectNameOf(wanted);
  if (member(stored.metadata, "deletionTimestamp") !== undefined) return leavingRefusal(wanted);
  if (kind === "Namespace") return undefined;
  // those of App Mesh's own controller are expected, and made wider
  if (kind === "CustomResourceDefinition") return undefined;
  if (isInstalled(stored)) return mixedRegistration(stored);
  const release = helmReleaseOf(stored);
  if (release !== undefined) {
    return {
      reason: `${titleOf(wanted)} belongs to the Helm release ${release.name} in namespace ${release.namespace}`,
      remedy: `upgrade that release with helm, or remove it first: helm uninstall ${release.name} -n ${release.namespace}`,
    };
  }
  const place = namespace === undefined ? "" : ` -n ${namespace}`;
  const object = `${kind.toLowerCase()} ${name}${place}`;
  return {
    reason: `${titleOf(wanted)} is there already and was not made by outrigger install`,
    remedy: `delete it: kubectl delete ${object}${KEEPS_PARTS.has(kind) ? "" : `; or hand it over: ${handingOver(wanted, object)}`}`,
  };
}

/**
 * Kinds of which an object of another program cannot become ours: a selector or a role's reference that cannot change, or entries
 * that applying leaves beside our own.
 */
const KEEPS_PARTS = new Set(["Deployment", "RoleBinding", "ClusterRoleBinding", ...REGISTRATION_KINDS]);

function handingOver(wanted: JsonObject, object: string): string {
  const labels = labelsOf(wanted);
  const adopting = [MANAGED_BY_LABEL, COMPONENT_LABEL].map((key) => `${key}=${labels[key] ?? ""}`).join(" ");
  return `kubectl label --overwrite ${object} ${adopting}`;
}

/** Entries of another program in the registration that is ours by its labels: it would be called beside us. */
function mixedRegistration(stored: JsonObject): Refusal | undefined {
  if (!isRegistration(stored)) return undefined;
  const entries = objectsOf(stored.webhooks).map((webhook) => stringOf(webhook.name) ?? "");
  const others = entries.filter((entry) => !isOurEntry(entry));
  if (others.length === 0) return undefined;
  return {
    reason: `${titleOf(stored)} has entries of another program: ${others.join(", ")}`,
    remedy: `delete it, and it is created again: kubectl delete ${objectNameOf(stored).kind.toLowerCase()} ${objectNameOf(stored).name}`,
  };
}

/** Whatever holds it, the API server takes changes of it and deletes it all the same. */
function leavingRefusal(wanted: JsonObject): Refusal {
  const { kind, name, namespace } = objectNameOf(wanted);
  const place = namespace === undefined ? "" : ` -n ${namespace}`;
  const wait = `wait until it is gone: kubectl wait --for=delete ${kind.toLowerCase()}/${name}${place}`;
  if (kind !== "CustomResourceDefinition") {
    return { reason: `${titleOf(wanted)} is being deleted`, remedy: `${wait}; if it stays, its status says why` };
  }
  return {
    reason: `${titleOf(wanted)} is being deleted, and with it every object of its kind`,
    remedy: `keep a copy of those: kubectl get ${name} -A -o yaml; and ${wait}. If it stays, finalizers of its objects hold it: outrigger uninstall --purge takes App Mesh's own, and names the others`,
  };
}
