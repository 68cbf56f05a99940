import { KINDS } from "../model/kinds.ts";
import { type MeshObject, type ObjectRef, refOf } from "../model/mesh-object.ts";
import { gatewayOf } from "./gateway-of-route.ts";
import type { MeshReader } from "./mesh-state.ts";

/**
 * What App Mesh's controller waited for before it let an object go: all members of a Mesh but its BackendGroups, and the routes of a
 * VirtualGateway (finalizers `mesh-members` and `virtualgateway-members`). Sorted by kind, namespace and name.
 */
export function inTheWay(ref: ObjectRef, reader: MeshReader): readonly ObjectRef[] {
  switch (ref.kind) {
    case "Mesh":
      return KINDS.filter((kind) => kind !== "Mesh" && kind !== "BackendGroup")
        .flatMap((kind) => reader.list(kind).map((object) => refOf(object as MeshObject)))
        .filter((member) => reader.placement(member).mesh?.name === ref.name);
    case "VirtualGateway": {
      const { mesh } = reader.placement(ref);
      if (mesh === undefined) return [];
      return reader
        .list("GatewayRoute")
        .filter((route) => {
          if (reader.placement(refOf(route)).mesh?.name !== mesh.name) return false;
          const gateway = gatewayOf(route, mesh, reader);
          if (gateway.kind !== "found") return false;
          return gateway.object.name === ref.name && gateway.object.namespace === ref.namespace;
        })
        .map(refOf);
    }
    default:
      return [];
  }
}
