import type { MeshObject, ObjectRef } from "../model/mesh-object.ts";
import { refOf, sameObject } from "../model/mesh-object.ts";
import { modeOf } from "./annotations.ts";
import { gatewayOf, routeNamed } from "./gateway-of-route.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { MeshReader } from "./mesh-state.ts";
import { SILENT } from "./report.ts";
import { viewMode } from "./resolve-node.ts";

/** What an object is in its mesh. */
export interface Standing {
  /** Name of its mesh in App Mesh; undefined: it is in none. */
  readonly mesh: string | undefined;
  /** Its own; empty for a BackendGroup. */
  readonly awsName: string;
  /** Whether that name is the object's, or another's by right. */
  readonly hasName: boolean;
  /** Of a GatewayRoute: the name of its gateway in App Mesh; undefined: none takes it. */
  readonly gateway: string | undefined;
  readonly mode: "serve" | "observe";
}

export function standingOf(object: MeshObject, reader: MeshReader, settings: GraphSettings): Standing {
  const ref = refOf(object) as ObjectRef;
  const { mesh, awsName } = reader.placement(ref);
  if (mesh === undefined) return { mesh, awsName, hasName: false, gateway: undefined, mode: settings.mesh };
  const common = { mesh: reader.placement(mesh).awsName, awsName };
  if (object.kind === "Mesh") {
    const mode = modeOf(object.metadata.annotations, `Mesh ${ref.name}`, SILENT) ?? settings.mesh;
    return { ...common, hasName: true, gateway: undefined, mode };
  }
  const mode = viewMode(ref.namespace, mesh, reader, settings);
  if (object.kind === "BackendGroup") return { ...common, hasName: true, gateway: undefined, mode };
  if (object.kind !== "GatewayRoute") {
    return { ...common, hasName: sameObject(ref, reader.named(object.kind, mesh, awsName)), gateway: undefined, mode };
  }
  const found = gatewayOf(object, mesh, reader);
  if (found.kind !== "found") return { ...common, hasName: false, gateway: undefined, mode };
  const { namespace, name } = found.object;
  return {
    ...common,
    hasName: sameObject(ref, routeNamed(awsName, found.object, mesh, reader)),
    gateway: reader.placement({ kind: "VirtualGateway", namespace, name }).awsName,
    mode,
  };
}
