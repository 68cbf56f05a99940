import type { JsonObject } from "../../model/json.ts";
import { REPORT_PREFIX, TRUST_CONFIG_MAP } from "../../model/names.ts";
import { controlPlanePolicy } from "./admission-policy.ts";
import { PLACES } from "./ownership.ts";

const { namespace, name } = PLACES["control-plane"];
/** The pod that a bound token is of (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens). */
const POD_NAME = '"authentication.kubernetes.io/pod-name"';

/**
 * Lets a replica of the control plane write the mesh's trust and its own report, and no other ConfigMap: RBAC has no names that begin with
 * something.
 */
export function reportPolicy(): readonly JsonObject[] {
  const isReport = `object.metadata.name.startsWith("${REPORT_PREFIX}")`;
  return controlPlanePolicy("outrigger-reports", {
    resourceRules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["configmaps"] },
    ],
    validations: [
      {
        expression: `object.metadata.namespace == "${namespace}" && (object.metadata.name == "${TRUST_CONFIG_MAP}" || ${isReport})`,
        message: `${name} may write no other ConfigMaps than ${TRUST_CONFIG_MAP} and ${REPORT_PREFIX}* in namespace ${namespace}`,
      },
      {
        expression: `!${isReport} || !has(request.userInfo.extra) || !(${POD_NAME} in request.userInfo.extra) || object.metadata.name == "${REPORT_PREFIX}" + request.userInfo.extra[${POD_NAME}][0]`,
        message: `${name} may write the report of its own pod only`,
      },
    ],
  });
}
