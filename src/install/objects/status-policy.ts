import type { JsonObject } from "../../model/json.ts";
import { APPMESH_GROUP, APPMESH_VERSION, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import { admissionPolicy } from "./admission-policy.ts";

/**
 * Lets only those write statuses of App Mesh objects who may write them of Meshes, which no role of a namespace can give: an object stays in
 * the mesh, at the gateway and under the name that its status says it was accepted with. Roles of namespaces often have `resources: ["*"]`,
 * statuses included. What this asks of RBAC the control plane, App Mesh's controller and administrators have.
 */
export function statusPolicy(): readonly JsonObject[] {
  return admissionPolicy("outrigger-app-mesh-statuses", {
    resourceRules: [
      {
        apiGroups: [APPMESH_GROUP],
        apiVersions: [APPMESH_VERSION],
        operations: ["UPDATE"],
        resources: KINDS.map((kind) => `${KIND_FACTS[kind].plural}/status`),
      },
    ],
    validations: [
      {
        expression: `authorizer.group("${APPMESH_GROUP}").resource("${KIND_FACTS.Mesh.plural}").subresource("status").check("patch").allowed()`,
        message:
          "a status of App Mesh says what an object was accepted as: only who may patch the status of Meshes may write it",
        reason: "Forbidden",
      },
    ],
  });
}
