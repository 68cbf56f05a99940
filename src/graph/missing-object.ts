import { keyOf, type ObjectRef } from "../model/mesh-object.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import { listed } from "./shown.ts";

/** Where a reference stands. */
interface Place {
  readonly mesh: ObjectRef<"Mesh">;
  /** Such as `spec.backends[0].virtualService`. */
  readonly path: string;
}

/**
 * Says that an object that is referred to is not there, and which one of the mesh was probably meant: one of that name in another namespace,
 * or the one that has the name in App Mesh. One that cannot be read, and never could be, says itself what is wrong with it.
 */
export function sayMissing(ref: ObjectRef, { mesh, path }: Place, reader: MeshReader, say: Say): void {
  // who asks for no problems need not depend on what only their text is made of
  if (say === SILENT) return;
  const title = keyOf(ref);
  if (reader.refused(ref).length > 0) {
    say("missing-reference", path, `${title} cannot be read`, "correct that object first: what is wrong is said of it");
    return;
  }
  say(
    "missing-reference",
    path,
    `${title} is not there`,
    meant(ref, mesh, reader) ?? "create it, or correct the reference",
  );
}

function meant(ref: ObjectRef, mesh: ObjectRef<"Mesh">, reader: MeshReader): string | undefined {
  // a group has no name in App Mesh
  const called = ref.kind === "BackendGroup" ? undefined : reader.named(ref.kind, mesh, ref.name);
  if (called !== undefined) {
    const place = called.namespace === ref.namespace ? "" : `, namespace: ${called.namespace}`;
    return `write name: ${called.name}${place}, the name of the object whose awsName this is`;
  }
  const namesakes = reader
    .namespacesWith(ref.kind, ref.name)
    .filter((namespace) => reader.placement({ ...ref, namespace }).mesh?.name === mesh.name);
  if (namesakes.length === 0) return undefined;
  return `create it, or write the namespace of the one that is meant: there is one in ${listed(namesakes)}`;
}
