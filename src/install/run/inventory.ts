import { apiRoot } from "../../kube/object-path.ts";
import type { JsonObject } from "../../model/json.ts";
import { listAll, type Reader } from "../lists.ts";
import { nameOf } from "../objects/object-name.ts";
import { COMPONENT_LABEL, type Component, MANAGED_BY_LABEL, MANAGER, PLACES } from "../objects/ownership.ts";

/** Kinds of which an installation of any release may have objects, in the order in which they are removed. */
export const INVENTORY_KINDS = [
  // first, so that nothing is sent any more to what goes next
  ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "cluster"],
  ["apps/v1", "Deployment", "deployments", "namespace"],
  ["policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "namespace"],
  ["networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "namespace"],
  ["v1", "Service", "services", "namespace"],
  ["cert-manager.io/v1", "Certificate", "certificates", "namespace"],
  ["cert-manager.io/v1", "Issuer", "issuers", "namespace"],
  ["v1", "ConfigMap", "configmaps", "namespace"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "namespace"],
  ["rbac.authorization.k8s.io/v1", "Role", "roles", "namespace"],
  ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "cluster"],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "cluster"],
  // last of the permissions: until its role is gone it must hold
  [
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    "cluster",
  ],
  ["admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", "cluster"],
  ["v1", "ServiceAccount", "serviceaccounts", "namespace"],
] as const;

/**
 * The objects of a component that `install` made, whatever its release, in the order in which they are removed; without its
 * namespace, and without what its processes made themselves. Rejects with KubeError.
 */
export async function inventory(reader: Reader, component: Component): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  const selector = encodeURIComponent(`${COMPONENT_LABEL}=${component},${MANAGED_BY_LABEL}=${MANAGER}`);
  for (const [apiVersion, kind, plural, scope] of INVENTORY_KINDS) {
    const root = apiRoot(apiVersion);
    const place = scope === "cluster" ? "" : `/namespaces/${PLACES[component].namespace}`;
    const items = await listAll(reader, `${root}${place}/${plural}?labelSelector=${selector}`, "metadata");
    // items of a list do not say what they are
    found.push(...items.map((item) => ({ ...item, apiVersion, kind })));
  }
  return found;
}

/** Those of the inventory that the objects wanted now no longer name: left by an earlier release, or by other options. */
export function leftOver(inventoried: readonly JsonObject[], wanted: readonly JsonObject[]): readonly JsonObject[] {
  const key = (object: JsonObject): string => {
    const { kind, namespace = "", name } = nameOf(object);
    return JSON.stringify([kind, namespace, name]);
  };
  const kept = new Set(wanted.map(key));
  return inventoried.filter((object) => !kept.has(key(object)));
}
