import { namespaceMetadata, RESOURCES } from "../../cluster/resources.ts";
import { KubeError } from "../../kube/kube-error.ts";
import type { NamespaceFacts } from "../../model/facts.ts";
import { APPMESH_API_VERSION, KIND_FACTS, KINDS } from "../../model/kinds.ts";
import { refOf } from "../../model/mesh-object.ts";
import { type Parsed, parseObject } from "../../model/parse-object.ts";
import { type Reading, whyNot } from "../facts/reading.ts";
import type { Gathering } from "./check.ts";
import { inParallel } from "./in-parallel.ts";
import { refuseAbsent } from "./namespaces.ts";
import { nameOf } from "./paths.ts";

/** The mesh of a cluster, as its objects say it. */
export interface MeshFacts {
  readonly objects: readonly Parsed[];
  readonly namespaces: readonly NamespaceFacts[];
  /** Names of the Meshes. */
  readonly meshes: readonly string[];
  /** Sentences for a person: kinds that are not installed. */
  readonly notes: readonly string[];
}

/**
 * Reads every App Mesh object and the namespaces, page by page. Rejects with KubeError where something of it cannot be read: whatever
 * were said about the rest would be wrong; and where the namespace that is asked for does not exist. A kind that is not installed has no
 * objects, and is said.
 */
export async function gatherMesh(
  { reads, progress }: Pick<Gathering, "reads" | "progress">,
  asked: string | undefined,
): Promise<MeshFacts> {
  progress("the mesh");
  const { path, content } = RESOURCES.namespaces;
  const [namespaces, kinds] = await Promise.all([
    reads.list(path, content, (object) => ({ name: nameOf(object), ...namespaceMetadata(object) })),
    inParallel(KINDS, async (kind) => {
      const { plural } = KIND_FACTS[kind];
      const objects = await reads.list(`/apis/${APPMESH_API_VERSION}/${plural}`, "whole", (object) =>
        // a list's entries need not say what they are
        parseObject({ ...object, apiVersion: APPMESH_API_VERSION, kind }),
      );
      return { plural, objects };
    }),
  ]);
  const all = needed(namespaces, "list of namespaces");
  if (!all.some(({ name }) => name === asked)) refuseAbsent({ kind: "absent" }, asked);
  const objects = kinds.flatMap(({ plural, objects: found }) =>
    found.kind === "absent" ? [] : needed(found, `list of ${plural}`),
  );
  const missing = kinds.filter(({ objects }) => objects.kind === "absent").map(({ plural }) => plural);
  return {
    objects,
    namespaces: all,
    meshes: objects.flatMap((parsed) => {
      const ref = parsed.kind === "parsed" ? refOf(parsed.object) : parsed.ref;
      return ref?.kind === "Mesh" ? [ref.name] : [];
    }),
    notes: missing.length === 0 ? [] : [notInstalled(missing)],
  };
}

function notInstalled(missing: readonly string[]): string {
  const what =
    missing.length === KINDS.length ? "the App Mesh kinds are" : `of the App Mesh kinds ${missing.join(", ")} are`;
  return `${what} not installed, so there are no such objects: outrigger install --crds-only`;
}

function needed<T>(reading: Reading<T>, what: string): T {
  if (reading.kind === "read") return reading.value;
  throw new KubeError(
    "status",
    `${whyNot(reading, what)}; a mesh is looked at as a whole, so nothing is said about it`,
  );
}
