import { type JsonObject, member, stringOf } from "../model/json.ts";

/** Plural and scope of every kind that Outrigger writes or removes; a fixed table, so that nothing must be discovered. */
const KINDS: Readonly<Record<string, { readonly plural: string; readonly scope: "cluster" | "namespace" }>> = {
  "v1/Namespace": { plural: "namespaces", scope: "cluster" },
  "v1/ServiceAccount": { plural: "serviceaccounts", scope: "namespace" },
  "v1/ConfigMap": { plural: "configmaps", scope: "namespace" },
  "v1/Secret": { plural: "secrets", scope: "namespace" },
  "v1/Service": { plural: "services", scope: "namespace" },
  "v1/Pod": { plural: "pods", scope: "namespace" },
  "v1/Event": { plural: "events", scope: "namespace" },
  "apps/v1/Deployment": { plural: "deployments", scope: "namespace" },
  "apps/v1/ReplicaSet": { plural: "replicasets", scope: "namespace" },
  "policy/v1/PodDisruptionBudget": { plural: "poddisruptionbudgets", scope: "namespace" },
  "networking.k8s.io/v1/NetworkPolicy": { plural: "networkpolicies", scope: "namespace" },
  "coordination.k8s.io/v1/Lease": { plural: "leases", scope: "namespace" },
  "cert-manager.io/v1/Issuer": { plural: "issuers", scope: "namespace" },
  "cert-manager.io/v1/Certificate": { plural: "certificates", scope: "namespace" },
  "rbac.authorization.k8s.io/v1/ClusterRole": { plural: "clusterroles", scope: "cluster" },
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": { plural: "clusterrolebindings", scope: "cluster" },
  "rbac.authorization.k8s.io/v1/Role": { plural: "roles", scope: "namespace" },
  "rbac.authorization.k8s.io/v1/RoleBinding": { plural: "rolebindings", scope: "namespace" },
  "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": {
    plural: "mutatingwebhookconfigurations",
    scope: "cluster",
  },
  "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration": {
    plural: "validatingwebhookconfigurations",
    scope: "cluster",
  },
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy": {
    plural: "validatingadmissionpolicies",
    scope: "cluster",
  },
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": {
    plural: "validatingadmissionpolicybindings",
    scope: "cluster",
  },
  "apiextensions.k8s.io/v1/CustomResourceDefinition": { plural: "customresourcedefinitions", scope: "cluster" },
};

/** Where the registrations of webhooks are: what the API server asks before it stores an object. */
export const MUTATING_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
export const VALIDATING_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/** The path of a collection in one namespace: `/apis/apps/v1/replicasets` → `/apis/apps/v1/namespaces/shop/replicasets`. */
export function inNamespace(path: string, namespace: string): string {
  return path.replace(/[^/]+$/, `namespaces/${encodeURIComponent(namespace)}/$&`);
}

/** Path of the collection that an object belongs to, such as `/apis/apps/v1/namespaces/shop/deployments`. Throws RangeError for a kind that is not ours. */
export function collectionPath(object: JsonObject): string {
  const apiVersion = stringOf(member(object, "apiVersion")) ?? "";
  const kind = stringOf(member(object, "kind")) ?? "";
  const known = KINDS[`${apiVersion}/${kind}`];
  if (known === undefined) throw new RangeError(`no path is known for ${apiVersion} ${kind}`);
  const root = apiRoot(apiVersion);
  if (known.scope === "cluster") return `${root}/${known.plural}`;
  return `${root}/namespaces/${segment(object, "namespace")}/${known.plural}`;
}

/** Path of an object by its apiVersion, kind, namespace and name. */
export function objectPath(object: JsonObject): string {
  return `${collectionPath(object)}/${segment(object, "name")}`;
}

function segment(object: JsonObject, key: "namespace" | "name"): string {
  const value = stringOf(member(member(object, "metadata"), key));
  if (value === undefined || value === "") throw new RangeError(`the object has no metadata.${key}`);
  return encodeURIComponent(value);
}

/** Path below which the API server serves a version, such as `/apis/apps/v1`; Kubernetes' first kinds have no group (`v1`). */
export function apiRoot(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
