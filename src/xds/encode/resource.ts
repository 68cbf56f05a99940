import type { Cluster } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Listener } from "../generated/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../generated/envoy/config/route/v3/route_pb.js";
import type { Secret } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Origin } from "../serve/resource.ts";
import { TYPE_PREFIX, type TYPES } from "../types.ts";

/** The messages that are served, by the short name of their type. */
interface Messages {
  readonly secret: Secret;
  readonly cluster: Cluster;
  readonly endpoints: ClusterLoadAssignment;
  readonly listener: Listener;
  readonly route: RouteConfiguration;
}

/** A resource as translation makes it: an Envoy message, with its type's URL and its name beside it. */
export type Resource = {
  [K in keyof Messages]: {
    readonly type: (typeof TYPES)[K];
    readonly name: string;
    readonly message: Messages[K];
    /** The objects that it was made from: they get to know when a proxy rejects it. */
    readonly origins: readonly Origin[];
  };
}[keyof Messages];

/** A message as a resource: the message itself says of which type it is, and how it is called. */
export function resourceOf(message: Resource["message"], origins: readonly Origin[] = []): Resource {
  const name = "clusterName" in message ? message.clusterName : message.name;
  return { type: `${TYPE_PREFIX}${message.$typeName}`, name, message, origins } as Resource;
}
