import { create } from "@bufbuild/protobuf";
import { encodeResource } from "../src/xds/encode/encode-resource.ts";
import { resourceOf } from "../src/xds/encode/resource.ts";
import { seconds } from "../src/xds/encode/typed.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import type { EncodedResource } from "../src/xds/serve/resource.ts";

/** A cluster as it is sent; the time-out to connect, in seconds, makes two of one name differ. */
export function encodedCluster(name: string, connectTimeout = 1): EncodedResource {
  const type = { case: "type", value: Cluster_DiscoveryType.STATIC } as const;
  const cluster = { name, clusterDiscoveryType: type, connectTimeout: seconds(connectTimeout) };
  return encodeResource(resourceOf(create(ClusterSchema, cluster)));
}
