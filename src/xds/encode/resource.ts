import { hash } from "node:crypto";
import type { Cluster } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import type { ClusterLoadAssignment } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import type { Listener } from "../generated/envoy/config/listener/v3/listener_pb.js";
import type { RouteConfiguration } from "../generated/envoy/config/route/v3/route_pb.js";
import type { Secret } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { OriginObject } from "../serve/resource.ts";
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
    readonly origins: readonly OriginObject[];
    /** Name of one of the same type that a proxy must have before this one. */
    readonly after?: string;
    /** Equal keys, equal resources: what was encoded under this key need not be made again. Undefined: nothing is known of it. */
    readonly key?: string;
  };
}[keyof Messages];

/** A message as a resource: the message itself says of which type it is, and how it is called. */
export function resourceOf(message: Resource["message"], origins: readonly OriginObject[] = []): Resource {
  const name = "clusterName" in message ? message.clusterName : message.name;
  return { type: `${TYPE_PREFIX}${message.$typeName}`, name, message, origins } as Resource;
}

/**
 * The message that a pure function makes of these arguments, made when somebody looks at it and not kept. All that the function looks at
 * is in its arguments, plain data; so the bytes that they came to before are the bytes that they come to, and are found by the key.
 */
export function resourceFrom<A extends readonly unknown[]>(
  make: (...from: A) => Resource["message"],
  origins: readonly OriginObject[],
  ...from: A
): Resource {
  return afterResource(undefined, make, origins, ...from);
}

/** The same for one that leads on to another one of its type, which is named first: whoever has this must have that. */
export function afterResource<A extends readonly unknown[]>(
  after: string | undefined,
  make: (...from: A) => Resource["message"],
  origins: readonly OriginObject[],
  ...from: A
): Resource {
  const made = (): Resource => resourceOf(make(...from), origins);
  const resource = {
    origins,
    ...(after !== undefined && { after }),
    key: hash("sha256", `${numberOf(make)} ${JSON.stringify([origins, from, after])}`, "base64url"),
    get type() {
      return made().type;
    },
    get name() {
      return made().name;
    },
    get message() {
      return made().message;
    },
  };
  return resource as Resource;
}

const numbers = new WeakMap<object, number>();
let functions = 0;

/** Two functions of one name are two functions. */
function numberOf(make: object): number {
  const known = numbers.get(make) ?? ++functions;
  numbers.set(make, known);
  return known;
}
