import type { JsonObject } from "../../model/json.ts";
import { CLOUD_MAP_GATE } from "../../model/names.ts";
import { controlPlanePolicy } from "./admission-policy.ts";
import { KEPT_METADATA, keeps } from "./kept-metadata.ts";
import { PLACES } from "./ownership.ts";

const { name } = PLACES["control-plane"];

/** Lets the control plane set one condition in the status of pods, where the pod has a readiness gate for it, and change nothing else of them. */
export function podStatusPolicy(): readonly JsonObject[] {
  const isGate = (one: string): string => `${one}.type == "${CLOUD_MAP_GATE}"`;
  return controlPlanePolicy("outrigger-pod-status", {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["pods/status"] }],
    variables: [
      // as maps, so that fields count that later versions of Kubernetes have
      { name: "status", expression: "has(object.status) ? dyn(object.status) : dyn({})" },
      { name: "before", expression: "has(oldObject.status) ? dyn(oldObject.status) : dyn({})" },
      { name: "conditions", expression: "has(object.status.conditions) ? object.status.conditions : []" },
      { name: "conditionsBefore", expression: "has(oldObject.status.conditions) ? oldObject.status.conditions : []" },
    ],
    validations: [
      {
        expression:
          'variables.status.all(field, field == "conditions" || (field in variables.before && variables.before[field] == variables.status[field])) && variables.before.all(field, field in variables.status)',
        message: `${name} may change conditions of a pod's status, and nothing else`,
      },
      {
        expression: `variables.conditions.all(one, one in variables.conditionsBefore || (${isGate("one")} && one.status == "True")) && variables.conditionsBefore.all(one, one in variables.conditions || ${isGate("one")})`,
        message: `${name} may set the condition ${CLOUD_MAP_GATE}, and no other`,
      },
      {
        expression: `has(object.spec.readinessGates) && object.spec.readinessGates.exists(one, one.conditionType == "${CLOUD_MAP_GATE}")`,
        message: `${name} may set a condition only where a pod has a readiness gate for it`,
      },
      {
        expression: keeps([...KEPT_METADATA, "finalizers"]),
        message: `${name} may not change metadata of a pod`,
      },
    ],
  });
}
