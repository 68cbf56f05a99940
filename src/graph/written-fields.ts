import { standardAwsName } from "../model/aws-names.ts";
import { type MeshObject, refOf } from "../model/mesh-object.ts";
import type { WrittenFields } from "../model/written-fields.ts";
import { gatewayOf } from "./gateway-of-route.ts";
import type { MeshReader } from "./mesh-state.ts";

/** Those that the object leaves out and that are decided: as the graph counts them anyway. Empty: nothing is to be written. */
export function writtenFields(object: MeshObject, reader: MeshReader): WrittenFields {
  const { kind, metadata, spec } = object;
  const awsName =
    kind === "BackendGroup" || spec.awsName
      ? {}
      : { awsName: standardAwsName(kind, metadata.name, metadata.namespace) };
  if (kind === "Mesh") return awsName;
  const { mesh } = reader.placement(refOf(object));
  const uid = mesh && reader.object(mesh)?.metadata.uid;
  if (mesh === undefined || !uid) return awsName;
  const meshRef = spec.meshRef === undefined ? { meshRef: { name: mesh.name, uid } } : {};
  if (kind !== "GatewayRoute" || spec.virtualGatewayRef !== undefined) return { ...awsName, ...meshRef };
  const gateway = gatewayOf(object, mesh, reader);
  if (gateway.kind !== "found") return { ...awsName, ...meshRef };
  const { name, namespace } = gateway.object;
  const gatewayUid = reader.object({ kind: "VirtualGateway", namespace, name })?.metadata.uid;
  return { ...awsName, ...meshRef, ...(gatewayUid && { virtualGatewayRef: { name, namespace, uid: gatewayUid } }) };
}
