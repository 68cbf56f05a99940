import { remove } from "../kube/writes.ts";
import { type JsonObject, member, objectsOf, stringOf } from "../model/json.ts";
import { listAll, listed, type Reader } from "./lists.ts";
import { nameOf } from "./object-name.ts";

/** One kind of App Mesh's custom resources, and how many objects of it there are. */
export interface CustomResources {
  readonly definition: JsonObject;
  readonly kind: string;
  readonly count: number;
}

const GROUP = "appmesh.k8s.aws";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** The CRDs of App Mesh with the number of their objects; only reads. Rejects with KubeError. */
export async function customResources(reader: Reader): Promise<readonly CustomResources[]> {
  const definitions = await listAll(reader, DEFINITIONS);
  const ours = definitions.filter((definition) => stringOf(member(definition.spec, "group")) === GROUP);
  return await Promise.all(
    ours.map(async (definition) => {
      const names = member(definition.spec, "names");
      const served = objectsOf(member(definition.spec, "versions")).find((version) => version.served === true);
      const path = `/apis/${GROUP}/${stringOf(served?.name)}/${stringOf(member(names, "plural"))}`;
      let count = 0;
      for await (const _ of listed(reader, path, "metadata")) count++;
      return { definition, kind: stringOf(member(names, "kind")) ?? "", count };
    }),
  );
}

/** Removes the CRDs and, with them, all objects of theirs. Rejects with KubeError. */
export async function purge(reader: Reader, resources: readonly CustomResources[]): Promise<void> {
  for (const { definition } of resources) {
    const { name } = nameOf(definition);
    await remove(reader, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name },
    });
  }
}
