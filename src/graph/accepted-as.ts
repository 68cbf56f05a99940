import { type ArnTarget, parseArn } from "../model/arn.ts";
import { stringOf } from "../model/json.ts";
import { KIND_FACTS } from "../model/kinds.ts";
import type { MeshObject } from "../model/mesh-object.ts";

/**
 * What an object was in App Mesh when its status was written last: its ARN names the mesh, the gateway and the name that it was accepted
 * with, whatever was written into the object since, while nobody was asked. Undefined: it was not accepted, or it is a BackendGroup, of
 * which no status says anything.
 */
export function acceptedAs({ kind, conditions, arns }: MeshObject): ArnTarget | undefined {
  const isAccepted = conditions.some(
    ({ type, status }) => (type === "Accepted" || type.endsWith("Active")) && status === "True",
  );
  const { arnField } = KIND_FACTS[kind];
  if (!isAccepted || arnField === undefined) return undefined;
  const target = parseArn(stringOf(arns[arnField]) ?? "");
  return target?.kind === kind ? target : undefined;
}
