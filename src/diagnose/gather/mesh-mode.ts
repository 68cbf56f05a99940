import { RESOURCES } from "../../cluster/resources.ts";
import { modeOf } from "../../graph/annotations.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import { member, stringMapOf } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import type { ComponentFacts } from "../facts/component.ts";
import type { MeshModes } from "../facts/mesh-mode.ts";
import { mapped, type Reading, valueIn, whyUnread } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import { liveConfiguration } from "./live-configuration.ts";

/** What a control plane goes by: its setting, and the annotations of these namespaces and of all Meshes. */
export async function readMeshModes(
  reads: ClusterReads,
  controlPlane: ComponentFacts,
  namespaces: Reading<readonly NamespaceFacts[]>,
): Promise<MeshModes> {
  const meshes = await reads.list(RESOURCES.meshes.path, "metadata", (object) => ({
    object: `Mesh ${nameOf(object)}`,
    annotations: stringMapOf(member(object.metadata, "annotations")),
  }));
  const all = [
    ...(valueIn(meshes) ?? []),
    ...(valueIn(namespaces) ?? []).map(({ name, annotations }) => ({ object: `Namespace ${name}`, annotations })),
  ];
  return {
    setting: mapped(liveConfiguration(controlPlane), (configuration) => configuration.controlPlane.mesh),
    meshes: (valueIn(meshes) ?? []).map(({ object }) => object),
    unread: whyUnread(meshes, "list of meshes") || whyUnread(namespaces, "list of namespaces"),
    annotated: all.flatMap(({ object, annotations }) => {
      // a value that cannot be used counts as none; outrigger problems says it
      const mode = modeOf(annotations, object, () => {});
      return mode === undefined ? [] : [{ object, mode }];
    }),
  };
}
