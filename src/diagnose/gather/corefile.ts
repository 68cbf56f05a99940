import { member, stringOf } from "../../model/json.ts";
import { valueIn } from "../facts/reading.ts";
import type { ClusterReads } from "./cluster-reads.ts";

/** The Corefile of a cluster's CoreDNS; undefined: it has another DNS, or this user may not read it. */
export async function gatherCorefile(reads: ClusterReads): Promise<string | undefined> {
  const map = valueIn(await reads.one("/api/v1/namespaces/kube-system/configmaps/coredns"));
  return stringOf(member(member(map, "data"), "Corefile"));
}
