import type { JsonObject } from "../../model/json.ts";
import { CONTROL_PLANE_NAME } from "../../model/names.ts";
import { ownershipLabels, PLACES } from "./ownership.ts";

const API_VERSION = "admissionregistration.k8s.io/v1";
const { namespace, name } = PLACES["control-plane"];

/**
 * Lets the control plane create pods only as dry runs, which RBAC cannot say
 * (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/). Who may create pods in every
 * namespace could use every service account; who may only pretend to can use none.
 */
export function dryRunPolicy(): readonly JsonObject[] {
  const metadata = { name: CONTROL_PLANE_NAME, labels: ownershipLabels("control-plane") };
  return [
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        matchConditions: [
          {
            name: "control-plane",
            expression: `request.userInfo.username == "system:serviceaccount:${namespace}:${name}"`,
          },
        ],
        validations: [
          {
            expression: "request.dryRun",
            message: `${name} may create pods only as dry runs`,
          },
        ],
      },
    },
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: CONTROL_PLANE_NAME, validationActions: ["Deny"] },
    },
  ];
}
