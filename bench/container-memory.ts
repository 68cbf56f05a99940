import { type JsonObject, member, numberOf, objectsOf, stringOf } from "../src/model/json.ts";
import { kubectl } from "../test/node/kubectl.ts";

export interface ContainerMemory {
  readonly namespace: string;
  readonly container: string;
  /** What the kubelet evicts by: resident memory and the page cache in use. */
  readonly workingSetMiB: number;
  readonly residentMiB: number;
}

/** Memory of every container of the cluster's one node, as its kubelet measures it every ten seconds. */
export async function containerMemory(): Promise<readonly ContainerMemory[]> {
  const node = (await kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}")).trim();
  const summary = JSON.parse(await kubectl("get", "--raw", `/api/v1/nodes/${node}/proxy/stats/summary`)) as JsonObject;
  return objectsOf(summary["pods"]).flatMap((pod) =>
    objectsOf(pod["containers"]).map((container) => ({
      namespace: stringOf(member(pod["podRef"], "namespace")) ?? "",
      container: stringOf(container["name"]) ?? "",
      workingSetMiB: mebibytes(member(container["memory"], "workingSetBytes")),
      residentMiB: mebibytes(member(container["memory"], "rssBytes")),
    })),
  );
}

function mebibytes(bytes: Parameters<typeof numberOf>[0]): number {
  return Math.round(((numberOf(bytes) ?? Number.NaN) / 2 ** 20) * 10) / 10;
}
