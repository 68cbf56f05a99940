import { KubeError } from "../../kube/kube-error.ts";
import type { CheckedMesh } from "../facts/cluster-facts.ts";
import type { Reading } from "../facts/reading.ts";
import {
  isBareMember,
  namespacesWithoutLabel,
  selectingNodes,
  type UnlabelledNamespace,
} from "../facts/unlabelled-namespaces.ts";
import { DIAGNOSE_LIMITS } from "../limits.ts";
import type { ClusterReads } from "./cluster-reads.ts";
import type { Gathering } from "./gathering.ts";
import { inParallel } from "./in-parallel.ts";
import { gatherMesh } from "./mesh.ts";

/** The mesh as a whole; absent where there are no objects, and a failure where something of it cannot be read. */
export async function readCheckedMesh(
  gathering: Pick<Gathering, "reads" | "progress">,
  only: string | undefined,
): Promise<Reading<CheckedMesh>> {
  try {
    const mesh = await gatherMesh(gathering, only);
    if (mesh.objects.length === 0) return { kind: "absent" };
    return { kind: "read", value: { contents: mesh, only, unread: mesh.unreported } };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { kind: "failed", why: error.message };
  }
}

/** Namespaces of a mesh in which nobody asks the injector, the first of them, each with its pods; those that cannot be read have none. */
export async function readUnlabelled(
  reads: ClusterReads,
  { contents, only }: CheckedMesh,
): Promise<readonly UnlabelledNamespace[]> {
  const nodes = selectingNodes(contents);
  const asked = namespacesWithoutLabel(contents).filter(({ name }) => only === undefined || name === only);
  return await inParallel(asked.slice(0, DIAGNOSE_LIMITS.unlabelled), async (namespace) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace.name)}/pods`;
    const found = await reads.list(path, "metadata", (pod) => (isBareMember(pod, nodes) ? true : undefined));
    return { ...namespace, bare: found.kind === "read" ? found.value.length : 0 };
  });
}
