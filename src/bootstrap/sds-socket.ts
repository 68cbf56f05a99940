import type { JsonObject } from "../model/json.ts";
import { SDS_CLUSTER } from "../model/names.ts";
import { pipeAddress } from "./address.ts";
import { httpOptions, staticCluster } from "./clusters.ts";
import { duration } from "./typed.ts";

/** The SDS agent of the node (SPIRE); listeners and clusters of the control plane name it as AWS's image called it. */
export function sdsSocketCluster(path: string): JsonObject {
  return staticCluster({
    name: SDS_CLUSTER,
    address: pipeAddress(path),
    connectTimeout: duration(1),
    extra: httpOptions("http2"),
  });
}
