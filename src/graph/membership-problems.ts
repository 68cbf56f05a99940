import { type MeshObject, type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";
import { describeSelector, selectorMatches } from "../model/selector.ts";
import { selectorOf } from "./label-selector.ts";
import type { MeshReader } from "./mesh-state.ts";
import type { Say } from "./report.ts";
import { listed } from "./shown.ts";

/** The mesh of an object, or why it has none. */
export function inMesh(object: MeshObject, reader: MeshReader, say: Say): ObjectRef<"Mesh"> | undefined {
  const { membership, mesh } = reader.placement(refOf(object));
  const { namespace } = object.metadata;
  switch (membership.kind) {
    case "found":
      return mesh;
    case "none": {
      const meshes = reader.list("Mesh");
      if (meshes.length === 0) sayNoMesh(namespace, reader, say);
      else {
        const help = meshes.some(({ spec }) => spec.namespaceSelector !== undefined)
          ? `label the namespace as a Mesh's namespaceSelector wants it: ${meshList(meshes)}`
          : `give Mesh ${listed(meshes.map(({ metadata }) => metadata.name))} a namespaceSelector: without one it selects no namespace`;
        say("no-mesh", "", `no Mesh selects namespace ${namespace}`, help);
      }
      return undefined;
    }
    case "ambiguous": {
      const names = membership.candidates.map(({ name }) => name).join(" and ");
      const message = `${membership.candidates.length} Meshes select namespace ${namespace}: ${names}`;
      say("ambiguous-mesh", "", message, "change their namespaceSelectors");
      return undefined;
    }
    case "mismatch": {
      const name = ("meshRef" in object.spec ? object.spec.meshRef?.name : undefined) ?? "";
      const named = reader.object({ kind: "Mesh", namespace: "", name });
      const message =
        named === undefined
          ? `it names Mesh ${name}, which is not there`
          : `it names Mesh ${name}, which does not select namespace ${namespace}`;
      const help =
        named === undefined
          ? "create that Mesh; or delete the object and create it again without the field"
          : `label the namespace as the Mesh wants it: ${wanted(named)}; or delete the object and create it again without the field`;
      say("mesh-not-selected", "spec.meshRef", message, help);
      return undefined;
    }
  }
}

function sayNoMesh(namespace: string, reader: MeshReader, say: Say): void {
  const unreadable = listed(reader.unreadableMeshes());
  if (unreadable !== "") {
    const help = "correct that Mesh first: what is wrong is said of it";
    say("no-mesh", "", `Mesh ${unreadable} cannot be read, so namespace ${namespace} is in none`, help);
    return;
  }
  const help = "create the Mesh first, with a namespaceSelector that selects it";
  say("no-mesh", "", `there is no Mesh, so namespace ${namespace} is in none`, help);
}

/** Namespaces that another Mesh selects too: whoever is in a mesh stays there, and whoever is new is in none. */
export function overlappingMeshes(mesh: TypedObject<"Mesh">, reader: MeshReader, say: Say): void {
  const own = selectorOf(mesh.spec.namespaceSelector);
  if (own === undefined) return;
  const others = reader.list("Mesh").filter(({ metadata }) => metadata.name !== mesh.metadata.name);
  if (others.length === 0) return;
  const selected = reader.namespaces().filter(({ labels }) => selectorMatches(own, labels));
  for (const other of others) {
    const theirs = selectorOf(other.spec.namespaceSelector);
    if (theirs === undefined) continue;
    const both = selected.filter(({ labels }) => selectorMatches(theirs, labels)).map(({ name }) => name);
    if (both.length === 0) continue;
    say(
      "ambiguous-mesh",
      "spec.namespaceSelector",
      `it selects ${named(both.toSorted())}, as Mesh ${other.metadata.name} does, so new objects there are in no mesh`,
      "change one of the two namespaceSelectors so that no namespace fits both",
    );
  }
}

function meshList(meshes: readonly TypedObject<"Mesh">[]): string {
  return listed(meshes.map((mesh) => `${mesh.metadata.name} wants ${wanted(mesh)}`));
}

function wanted({ spec }: TypedObject<"Mesh">): string {
  const selector = selectorOf(spec.namespaceSelector);
  return selector === undefined ? "nobody, as it has no namespaceSelector" : describeSelector(selector);
}

function named(namespaces: readonly string[]): string {
  return `${namespaces.length === 1 ? "namespace" : "namespaces"} ${listed(namespaces)}`;
}
