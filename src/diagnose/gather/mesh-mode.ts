import { ownMode } from "../../answers/mode-change.ts";
import type { ComponentFacts } from "../facts/component.ts";
import type { MeshModes } from "../facts/mesh-mode.ts";
import { mapped, type Reading, valueIn, whyUnread } from "../facts/reading.ts";
import { liveConfiguration } from "./live-configuration.ts";
import type { Annotated } from "./membership.ts";

/** What a control plane goes by: its setting, and the annotations of these namespaces and of all Meshes. */
export function meshModesOf(
  controlPlane: ComponentFacts,
  meshes: Reading<readonly Annotated[]>,
  namespaces: Reading<readonly Annotated[]>,
): MeshModes {
  const titled = (kind: string, found: Reading<readonly Annotated[]>) =>
    (valueIn(found) ?? []).map(({ name, annotations }) => ({ object: `${kind} ${name}`, annotations }));
  const all = titled("Mesh", meshes);
  return {
    setting: mapped(liveConfiguration(controlPlane), (configuration) => configuration.controlPlane.mesh),
    meshes: all.map(({ object }) => object),
    unread: whyUnread(meshes, "list of meshes") || whyUnread(namespaces, "list of namespaces"),
    annotated: [...all, ...titled("Namespace", namespaces)].flatMap(({ object, annotations }) => {
      const mode = ownMode(annotations);
      return mode === undefined ? [] : [{ object, mode }];
    }),
  };
}
