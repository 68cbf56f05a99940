import type { JsonObject } from "../model/json.ts";
import { ADMIN_CLUSTER } from "../model/names.ts";
import { tcpAddress } from "./address.ts";
import { staticCluster } from "./clusters.ts";
import { duration } from "./typed.ts";

/** The admin interface can stop Envoy and shows its secrets' names: loopback only, in both families of a pod. */
const LOOPBACK = "127.0.0.1";

/** The admin interface on loopback; it writes no access log, for a sidecar's root file system may be read-only. */
export function admin(port: number): JsonObject {
  return { address: tcpAddress(LOOPBACK, port) };
}

/** The admin interface as a cluster. */
export function adminCluster(port: number): JsonObject {
  return staticCluster({
    name: ADMIN_CLUSTER,
    address: tcpAddress(LOOPBACK, port),
    connectTimeout: duration(1),
  });
}
