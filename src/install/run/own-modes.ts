import { KubeError } from "../../kube/kube-error.ts";
import { APPMESH_API_VERSION } from "../../model/kinds.ts";
import { MESH_KEY } from "../../model/names.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll, listed, type Reader } from "../lists.ts";
import { annotationsOf, objectNameOf } from "../objects/object-name.ts";

/** A Mesh or a Namespace, and whether it says itself if it is served: that counts before the setting `controlPlane.mesh`. */
export interface OwnMode {
  readonly kind: "Mesh" | "Namespace";
  readonly name: string;
  /** Undefined: it says nothing, or nothing that can be used. */
  readonly mode: "serve" | "observe" | undefined;
}

const COLLECTIONS = [
  ["Mesh", `/apis/${APPMESH_API_VERSION}/meshes`],
  ["Namespace", "/api/v1/namespaces"],
] as const;

/**
 * All Meshes, and the Namespaces that say the mode themselves. What the user is not allowed to list is left out: nothing depends on it but what is
 * said. Rejects with KubeError for any other failure.
 */
export async function ownModes(reader: Reader): Promise<readonly OwnMode[]> {
  const lists = await Promise.all(COLLECTIONS.map(([kind, path]) => modesIn(reader, kind, path)));
  return lists.flat().filter(({ kind, mode }) => kind === "Mesh" || mode !== undefined);
}

async function modesIn(reader: Reader, kind: OwnMode["kind"], path: string): Promise<readonly OwnMode[]> {
  try {
    const objects = await listAll(reader, path, "metadata");
    return objects.map((object) => {
      const value = annotationsOf(object)[MESH_KEY];
      const mode = value === "serve" || value === "observe" ? value : undefined;
      return { kind, name: objectNameOf(object).name, mode };
    });
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return [];
    throw error;
  }
}

/** Whether there is a Mesh; undefined: not known. Rejects with KubeError. */
export async function hasMesh({ client, signal }: Reader): Promise<boolean | undefined> {
  try {
    for await (const _ of listed({ client, signal }, COLLECTIONS[0][1], "metadata")) return true;
    return false;
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return undefined;
    throw error;
  }
}

/** `Mesh main, Namespace shop`: as many as a line holds. */
export function namesOf(modes: readonly OwnMode[]): string {
  const names = modes.slice(0, INSTALL_LIMITS.named).map(({ kind, name }) => `${kind} ${name}`);
  const more = modes.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
