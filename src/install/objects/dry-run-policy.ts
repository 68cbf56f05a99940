import type { JsonObject } from "../../model/json.ts";
import { CONTROL_PLANE_NAME } from "../../model/names.ts";
import { controlPlanePolicy } from "./admission-policy.ts";
import { PLACES } from "./ownership.ts";

const { name } = PLACES["control-plane"];

/**
 * Lets the control plane create pods only as dry runs. Who may create pods in every
 * namespace could use every service account; who may only pretend to can use none.
 */
export function dryRunPolicy(): readonly JsonObject[] {
  return controlPlanePolicy(CONTROL_PLANE_NAME, {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    validations: [{ expression: "request.dryRun", message: `${name} may create pods only as dry runs` }],
  });
}
