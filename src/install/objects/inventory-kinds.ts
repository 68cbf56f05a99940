/** Kinds of which an installation of any release may have objects, in the order in which they are removed. */
export const INVENTORY_KINDS = [
  // first, so that nothing is sent any more to what goes next
  ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "cluster"],
  ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "cluster"],
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
