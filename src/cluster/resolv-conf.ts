import { readFile } from "node:fs/promises";
import { type ClusterDns, clusterDnsIn } from "../model/cluster-dns.ts";

/** How this process finds names: in a pod, with the cluster's DNS. It stays as it is for as long as the container lives. */
const RESOLV_CONF = "/etc/resolv.conf";

/** The cluster's DNS, as a process in one of its pods knows it; undefined anywhere else. Never rejects. */
export async function ownClusterDns(): Promise<ClusterDns | undefined> {
  return clusterDnsIn(await readFile(RESOLV_CONF, "utf8").catch(() => ""));
}
