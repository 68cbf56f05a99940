import { meshesSelecting } from "../model/membership.ts";
import type { MeshContents } from "./mesh-contents.ts";
import { type Mode, type ModeTarget, meshesIn, ownMode, selectingMeshes } from "./mode-change.ts";

/** Whether a Mesh, or a namespace that says it itself, is served, and by what. */
export interface ModeState {
  readonly kind: "Mesh" | "Namespace";
  readonly name: string;
  /** Null: not known. */
  readonly mode: Mode | null;
  /** Its own annotation, or the setting `controlPlane.mesh`. */
  readonly by: "annotation" | "setting";
}

/** Every Mesh, and the namespaces that say it themselves, which count before their Mesh. */
export function modeStates({ objects, namespaces }: MeshContents, setting: Mode | undefined): readonly ModeState[] {
  return [
    ...meshesIn(objects).map(({ metadata: { name, annotations } }): ModeState => {
      const own = ownMode(annotations);
      return { kind: "Mesh", name, mode: own ?? setting ?? null, by: own === undefined ? "setting" : "annotation" };
    }),
    ...namespaces.flatMap(({ name, annotations }): readonly ModeState[] => {
      const mode = ownMode(annotations);
      return mode === undefined ? [] : [{ kind: "Namespace", name, mode, by: "annotation" }];
    }),
  ];
}

/** Names of the namespaces that a Mesh selects and that say the other word themselves, so that a switch of the Mesh leaves them as they are. */
export function exceptionsOf(
  target: ModeTarget,
  after: Mode,
  { objects, namespaces }: MeshContents,
): readonly string[] {
  if (target.kind !== "mesh") return [];
  const meshes = selectingMeshes(objects).filter(({ name }) => name === target.name);
  return namespaces
    .filter((namespace) => {
      const own = ownMode(namespace.annotations);
      return own !== undefined && own !== after && meshesSelecting(meshes, namespace).length > 0;
    })
    .map(({ name }) => name);
}
