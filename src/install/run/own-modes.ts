import { KubeError } from "../../kube/kube-error.ts";
import { firstOf } from "../../model/first-of.ts";
import { APPMESH_API_VERSION } from "../../model/kinds.ts";
import { MESH_KEY } from "../../model/names.ts";
import { INSTALL_LIMITS } from "../limits.ts";
import { listAll, listed, type Reader } from "../lists.ts";
import { annotationsOf, objectNameOf } from "../objects/object-name.ts";

/** A Mesh or a Namespace that says itself whether it is served: that counts before the setting `controlPlane.mesh`. */
export interface OwnMode {
  readonly kind: "Mesh" | "Namespace";
  readonly name: string;
  readonly mode: "serve" | "observe";
}

const COLLECTIONS = [
  ["Mesh", `/apis/${APPMESH_API_VERSION}/meshes`],
  ["Namespace", "/api/v1/namespaces"],
] as const;

/**
 * The Meshes and Namespaces that say the mode themselves, by a value that can be used. What the user is not allowed to list is left out: nothing
 * depends on it but what is said. Rejects with KubeError for any other failure.
 */
export async function ownModes(reader: Reader): Promise<readonly OwnMode[]> {
  const lists = await Promise.all(COLLECTIONS.map(([kind, path]) => modesIn(reader, kind, path)));
  return lists.flat();
}

async function modesIn(reader: Reader, kind: OwnMode["kind"], path: string): Promise<readonly OwnMode[]> {
  const objects = (await whereAllowed(listAll(reader, path, "metadata"))) ?? [];
  return objects.flatMap((object) => {
    const mode = annotationsOf(object)[MESH_KEY];
    return mode === "serve" || mode === "observe" ? [{ kind, name: objectNameOf(object).name, mode }] : [];
  });
}

/** Whether there is a Mesh; undefined: not known. Rejects with KubeError. */
export async function hasMesh(reader: Reader): Promise<boolean | undefined> {
  const first = await whereAllowed(listed(reader, COLLECTIONS[0][1], "metadata").next());
  return first === undefined ? undefined : first.done !== true;
}

/** The answer; undefined: the user is not allowed to ask. */
async function whereAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) return undefined;
    throw error;
  }
}

/** `Mesh main, Namespace shop`: as many as a line holds. */
export function namesOf(modes: readonly OwnMode[]): string {
  const names = modes.map(({ kind, name }) => `${kind} ${name}`);
  return firstOf(names, INSTALL_LIMITS.named);
}
