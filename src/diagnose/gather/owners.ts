import { RESOURCES } from "../../cluster/resources.ts";
import { inNamespace } from "../../kube/object-path.ts";
import { type JsonObject, member, stringOf } from "../../model/json.ts";
import { nameOf } from "../../model/object-metadata.ts";
import { type KnownOwners, workloadKey } from "../facts/owners.ts";
import { valueIn, whyUnread } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** The ReplicaSets and Jobs of all namespaces, or of one. Nothing is thrown. */
export async function readOwners(reads: ClusterReads, namespace?: string): Promise<KnownOwners> {
  const kinds = [
    ["ReplicaSet", RESOURCES.replicaSets],
    ["Job", RESOURCES.jobs],
  ] as const;
  const of = namespace === undefined ? "" : ` of namespace ${namespace}`;
  const read = await Promise.all(
    kinds.map(async ([kind, { path, content, project, name }]) => {
      const where = namespace === undefined ? path : inNamespace(path, namespace);
      const found = await reads.list(where, content, (object) => [keyOf(kind, object), project(object)] as const);
      return { entries: valueIn(found) ?? [], why: whyUnread(found, `list of ${name}${of}`) };
    }),
  );
  return {
    found: new Map(read.flatMap(({ entries }) => entries)),
    unread: read.map(({ why }) => why).find((why) => why !== "") ?? "",
  };
}

function keyOf(kind: string, object: JsonObject): string {
  return workloadKey(kind, stringOf(member(object.metadata, "namespace")) ?? "", nameOf(object));
}
