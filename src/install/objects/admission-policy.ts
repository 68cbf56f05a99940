import type { JsonObject } from "../../model/json.ts";
import { ownershipLabels, PLACES } from "./ownership.ts";

const API_VERSION = "admissionregistration.k8s.io/v1";
const { namespace, name: account } = PLACES["control-plane"];

/** What a policy is about: which calls, and what must hold of them. */
export interface PolicyRules {
  readonly resourceRules: readonly JsonObject[];
  readonly matchConditions?: readonly JsonObject[];
  readonly variables?: readonly JsonObject[];
  readonly validations: readonly JsonObject[];
}

/**
 * Denies the control plane's account what RBAC cannot say, and concerns nobody else
 * (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/): the policy and its binding.
 */
export function controlPlanePolicy(name: string, rules: Omit<PolicyRules, "matchConditions">): readonly JsonObject[] {
  const expression = `request.userInfo.username == "system:serviceaccount:${namespace}:${account}"`;
  return admissionPolicy(name, { ...rules, matchConditions: [{ name: "control-plane", expression }] });
}

/** The same for whoever calls. */
export function admissionPolicy(name: string, { resourceRules, ...rules }: PolicyRules): readonly JsonObject[] {
  const metadata = { name, labels: ownershipLabels("control-plane") };
  return [
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: { failurePolicy: "Fail", matchConstraints: { resourceRules }, ...rules },
    },
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: name, validationActions: ["Deny"] },
    },
  ];
}
