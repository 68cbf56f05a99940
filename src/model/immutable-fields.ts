import type { MeshObject } from "./mesh-object.ts";

/**
 * Why an update cannot be: it changes a field that is decided once. Only values that are there on both sides are compared, and of
 * references the names: a Mesh that was restored from a backup has another UID. Undefined: it changes none.
 */
export function immutableChange(before: MeshObject, after: MeshObject): string | undefined {
  for (const [path, identity] of FIELDS) {
    const [old, now] = [identity(before), identity(after)];
    if (old === undefined || now === undefined || old === now) continue;
    return `${path} cannot be changed from ${old} to ${now}: delete the object and create it again`;
  }
  return undefined;
}

const FIELDS: readonly (readonly [path: string, identity: (object: MeshObject) => string | undefined])[] = [
  [
    "spec.awsName",
    ({ kind, spec }) => (kind === "BackendGroup" ? undefined : (spec as { awsName?: string }).awsName || undefined),
  ],
  ["spec.meshRef", (object) => (object.kind === "Mesh" ? undefined : object.spec.meshRef?.name)],
  [
    "spec.virtualGatewayRef",
    (object) => {
      if (object.kind !== "GatewayRoute" || object.spec.virtualGatewayRef === undefined) return undefined;
      const { name, namespace } = object.spec.virtualGatewayRef;
      return `${namespace || object.metadata.namespace}/${name}`;
    },
  ],
];
