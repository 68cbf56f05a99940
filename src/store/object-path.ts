import { APPMESH_API_VERSION, KIND_FACTS } from "../model/kinds.ts";
import type { ObjectRef } from "../model/mesh-object.ts";

/** Path of an App Mesh object at the API server. */
export function meshObjectPath({ kind, namespace, name }: ObjectRef): string {
  const { plural, scope } = KIND_FACTS[kind];
  const place = scope === "Cluster" ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
  return `/apis/${APPMESH_API_VERSION}/${place}${plural}/${encodeURIComponent(name)}`;
}
