import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import { ownershipLabels, PLACES } from "./ownership.ts";

const API_VERSION = "admissionregistration.k8s.io/v1";
const NAME = "outrigger-app-mesh-objects";
const { namespace, name } = PLACES["control-plane"];

/** Fields of a spec that the control plane may add; `src/graph/written-fields.ts` has the same. */
const FIELDS = ["awsName", "meshRef", "virtualGatewayRef"];

/** Of the metadata everything that a client writes. */
const KEPT_METADATA = ["labels", "annotations", "finalizers", "ownerReferences"];

/**
 * Lets the control plane add the three fields to App Mesh objects, where they are absent or empty, and change nothing else of them, which
 * RBAC cannot say (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/). Statuses are a resource of their own.
 */
export function objectPolicy(): readonly JsonObject[] {
  const metadata = { name: NAME, labels: ownershipLabels("control-plane") };
  return [
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [APPMESH_GROUP],
              apiVersions: [APPMESH_VERSION],
              operations: ["UPDATE"],
              resources: KINDS.map((kind) => KIND_FACTS[kind].plural),
            },
          ],
        },
        matchConditions: [
          {
            name: "control-plane",
            expression: `request.userInfo.username == "system:serviceaccount:${namespace}:${name}"`,
          },
        ],
        variables: [
          { name: "spec", expression: "has(object.spec) ? object.spec : {}" },
          { name: "before", expression: "has(oldObject.spec) ? oldObject.spec : {}" },
        ],
        validations: [
          {
            expression: `variables.spec.all(field, (field in variables.before && variables.before[field] == variables.spec[field]) || (field in [${FIELDS.map((field) => `"${field}"`).join(", ")}] && (!(field in variables.before) || variables.before[field] == "")))`,
            message: `${name} may add ${FIELDS.join(", ")} to a spec, and change nothing else`,
          },
          {
            expression: "variables.before.all(field, field in variables.spec)",
            message: `${name} may take nothing out of a spec`,
          },
          {
            expression: KEPT_METADATA.map(
              (field) =>
                `has(object.metadata.${field}) == has(oldObject.metadata.${field}) && (!has(object.metadata.${field}) || object.metadata.${field} == oldObject.metadata.${field})`,
            ).join(" && "),
            message: `${name} may not change ${KEPT_METADATA.join(", ")}`,
          },
        ],
      },
    },
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: NAME, validationActions: ["Deny"] },
    },
  ];
}
