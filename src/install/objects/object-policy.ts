import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import { OLD_FINALIZERS } from "../../model/old-finalizers.ts";
import { WRITTEN_FIELDS } from "../../model/written-fields.ts";
import { controlPlanePolicy } from "./admission-policy.ts";
import { KEPT_METADATA, keeps } from "./kept-metadata.ts";
import { PLACES } from "./ownership.ts";

const { name } = PLACES["control-plane"];

/**
 * Lets the control plane add the three fields to App Mesh objects, where they are absent or empty, take the finalizers of App Mesh's own
 * controller from those that are being deleted, and change nothing else of them. Statuses are a resource of their own.
 */
export function objectPolicy(): readonly JsonObject[] {
  return controlPlanePolicy("outrigger-app-mesh-objects", {
    resourceRules: [
      {
        apiGroups: [APPMESH_GROUP],
        apiVersions: [APPMESH_VERSION],
        operations: ["UPDATE"],
        resources: KINDS.map((kind) => KIND_FACTS[kind].plural),
      },
    ],
    variables: [
      { name: "spec", expression: "has(object.spec) ? object.spec : {}" },
      { name: "before", expression: "has(oldObject.spec) ? oldObject.spec : {}" },
      { name: "finalizers", expression: "has(object.metadata.finalizers) ? object.metadata.finalizers : []" },
      {
        name: "finalizersBefore",
        expression: "has(oldObject.metadata.finalizers) ? oldObject.metadata.finalizers : []",
      },
    ],
    validations: [
      {
        expression: `variables.spec.all(field, (field in variables.before && variables.before[field] == variables.spec[field]) || (field in [${listed(WRITTEN_FIELDS)}] && (!(field in variables.before) || variables.before[field] == "")))`,
        message: `${name} may add ${WRITTEN_FIELDS.join(", ")} to a spec, and change nothing else`,
      },
      {
        expression: "variables.before.all(field, field in variables.spec)",
        message: `${name} may take nothing out of a spec`,
      },
      {
        expression: keeps(KEPT_METADATA),
        message: `${name} may not change ${KEPT_METADATA.join(", ")}`,
      },
      {
        expression: `variables.finalizers.all(one, one in variables.finalizersBefore) && variables.finalizersBefore.all(one, one in variables.finalizers || (has(oldObject.metadata.deletionTimestamp) && one in [${listed(OLD_FINALIZERS)}]))`,
        message: `${name} may take finalizers of App Mesh's own controller from what is being deleted, and no others`,
      },
    ],
  });
}

function listed(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(", ");
}
