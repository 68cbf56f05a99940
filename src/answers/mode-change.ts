import { modeOf } from "../graph/annotations.ts";
import { selectorOf } from "../graph/label-selector.ts";
import { SILENT } from "../graph/report.ts";
import type { NamespaceFacts } from "../model/facts.ts";
import { meshesSelecting } from "../model/membership.ts";
import type { TypedObject } from "../model/mesh-object.ts";
import { MESH_KEY } from "../model/names.ts";

import type { ParsedObject } from "../model/parse-object.ts";
import type { MeshContents } from "./mesh-contents.ts";

/** Whether proxies get what the App Mesh resources say, or pass traffic through. */
export type Mode = "serve" | "observe";

/** What is to be switched. `all`: whatever there is, without an exception. */
export type ModeTarget =
  | { readonly kind: "all" }
  | { readonly kind: "mesh"; readonly name: string }
  | { readonly kind: "namespace"; readonly name: string };

/** One annotation to be written. */
export interface AnnotationWrite {
  readonly kind: "Mesh" | "Namespace";
  readonly name: string;
  /** Its value before; undefined: it was not there. */
  readonly before: string | undefined;
  readonly after: Mode;
}

/**
 * The annotations that switch a target, as few as can be: none where it is so already. Of a Mesh it is the Mesh's, and namespaces that say
 * something themselves stay as they are; of all, those change too. `setting`: what holds where nobody says anything; undefined: not known.
 */
export function writesFor(
  target: ModeTarget,
  after: Mode,
  contents: MeshContents,
  setting: Mode | undefined,
): readonly AnnotationWrite[] {
  const meshes = meshesIn(contents.objects);
  switch (target.kind) {
    case "mesh":
      return meshes.filter(({ metadata }) => metadata.name === target.name).flatMap((mesh) => ofMesh(mesh));
    case "namespace":
      return contents.namespaces
        .filter(({ name }) => name === target.name)
        .flatMap((namespace) => ofNamespace(namespace));
    case "all":
      return [
        ...meshes.flatMap((mesh) => ofMesh(mesh)),
        ...contents.namespaces.flatMap((namespace) => {
          const own = ownMode(namespace.annotations);
          return own === undefined || own === after ? [] : [write("Namespace", namespace)];
        }),
      ];
  }

  function ofMesh({ metadata }: TypedObject<"Mesh">): readonly AnnotationWrite[] {
    return (ownMode(metadata.annotations) ?? setting) === after ? [] : [write("Mesh", metadata)];
  }

  function ofNamespace(namespace: NamespaceFacts): readonly AnnotationWrite[] {
    const own = ownMode(namespace.annotations);
    const modes = own === undefined ? modesOfMeshes(namespace, contents.objects, setting) : [own];
    return modes.length > 0 && modes.every((mode) => mode === after) ? [] : [write("Namespace", namespace)];
  }

  function write(
    kind: AnnotationWrite["kind"],
    { name, annotations }: Pick<NamespaceFacts, "name" | "annotations">,
  ): AnnotationWrite {
    return { kind, name, before: annotations[MESH_KEY], after };
  }
}

/** The same after annotations were written. */
export function contentsWith(contents: MeshContents, writes: readonly AnnotationWrite[]): MeshContents {
  const written = new Map(writes.map(({ kind, name, after }) => [`${kind}/${name}`, { [MESH_KEY]: after }]));
  return {
    ...contents,
    namespaces: contents.namespaces.map((namespace) => ({
      ...namespace,
      annotations: { ...namespace.annotations, ...written.get(`Namespace/${namespace.name}`) },
    })),
    objects: contents.objects.map((parsed) => {
      const own =
        parsed.kind === "parsed" ? written.get(`${parsed.object.kind}/${parsed.object.metadata.name}`) : undefined;
      if (parsed.kind !== "parsed" || own === undefined) return parsed;
      const { metadata } = parsed.object;
      const object = { ...parsed.object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...own } } };
      return { ...parsed, object } as ParsedObject;
    }),
  };
}

export function meshesIn(objects: readonly ParsedObject[]): readonly TypedObject<"Mesh">[] {
  return objects.flatMap((parsed) =>
    parsed.kind === "parsed" && parsed.object.kind === "Mesh" ? [parsed.object as TypedObject<"Mesh">] : [],
  );
}

/** The Meshes with their annotations, for `meshesSelecting` of the model. */
export function selectingMeshes(objects: readonly ParsedObject[]) {
  return meshesIn(objects).map(({ metadata: { name, annotations }, spec }) => ({
    name,
    annotations,
    namespaceSelector: selectorOf(spec.namespaceSelector),
  }));
}

/** A value that cannot be used counts as none; `outrigger problems` says it. */
export function ownMode(annotations: NamespaceFacts["annotations"]): Mode | undefined {
  return modeOf(annotations, "", SILENT);
}

/** What holds in a namespace that says nothing itself: of each Mesh that selects it; undefined: not known. */
function modesOfMeshes(
  namespace: NamespaceFacts,
  objects: readonly ParsedObject[],
  setting: Mode | undefined,
): readonly (Mode | undefined)[] {
  return meshesSelecting(selectingMeshes(objects), namespace).map(({ annotations }) => ownMode(annotations) ?? setting);
}
