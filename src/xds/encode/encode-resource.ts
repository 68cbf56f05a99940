import { hash } from "node:crypto";
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { type Secret, SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { EncodedResource } from "../serve/resource.ts";
import { TYPES } from "../types.ts";
import { bytesOf } from "./bytes.ts";
import { type Resource, resourceOf } from "./resource.ts";
import { spelledOtherwise } from "./spelled-otherwise.ts";
import { warmingOf } from "./warming.ts";
import { WeakValues } from "./weak-values.ts";

const SCHEMAS: Readonly<Record<Resource["type"], DescMessage>> = {
  [TYPES.secret]: SecretSchema,
  [TYPES.cluster]: ClusterSchema,
  [TYPES.endpoints]: ClusterLoadAssignmentSchema,
  [TYPES.listener]: ListenerSchema,
  [TYPES.route]: RouteConfigurationSchema,
};

/** What is in use, by what its bytes and origins come to, and by the key of what it was made from. Whoever uses it keeps it. */
const byContent = new WeakValues<EncodedResource>();
const byKey = new WeakValues<EncodedResource>();

/** What was encoded of a resource that is the same object: no other work is done for what translation did not make again. */
const ofSame = new WeakMap<Resource, EncodedResource>();

/**
 * The bytes of a resource, shared by everybody who has the same. A resource must not be changed after it was encoded: the same
 * object is taken for the same content.
 */
export function encodeResource(resource: Resource): EncodedResource {
  const { key } = resource;
  const known = key === undefined ? ofSame.get(resource) : byKey.get(key);
  if (known !== undefined) return known;
  const made = shared(resource);
  if (key === undefined) ofSame.set(resource, made);
  else byKey.set(key, made);
  return made;
}

function shared({ message, origins, after }: Resource): EncodedResource {
  const { type, name } = resourceOf(message);
  const any = anyOf(message);
  // the message has its name inside
  const content = hash("sha256", any, "base64url");
  const beside = after === undefined ? origins : [after, ...origins];
  const key = beside.length === 0 ? content : `${content} ${JSON.stringify(beside)}`;
  const known = byContent.get(key);
  if (known !== undefined) return known;
  const facts = {
    ...(after !== undefined && { after }),
    ...(message.$typeName === "envoy.config.cluster.v3.Cluster" && { cluster: warmingOf(message) }),
  };
  const made: EncodedResource = { type, name, version: content.slice(0, 16), any, origins, ...facts };
  const whole = isSecret(message) ? inOtherBytes(made, message) : made;
  byContent.set(key, whole);
  return whole;
}

function anyOf(message: Resource["message"]): Uint8Array {
  const { type } = resourceOf(message);
  const value = bytesOf(SCHEMAS[type], message);
  return toBinary(AnySchema, create(AnySchema, { typeUrl: type, value }));
}

function isSecret(message: Resource["message"]): message is Secret {
  return message.$typeName === "envoy.extensions.transport_sockets.tls.v3.Secret";
}

/** In how many ways a secret is spelled but the first: 20 characters more at most. */
const SPELLINGS = 1023;

/** A secret that watches files, for one try after another. No later one is the first again: with that a new client begins. */
function inOtherBytes(made: EncodedResource, message: Secret): EncodedResource {
  if (spelledOtherwise(message, 1) === undefined) return made;
  const spelled = new Map<number, EncodedResource>();
  const after =
    (way: number) =>
    (further: number): EncodedResource => {
      const next = 1 + ((way + further - 1) % SPELLINGS);
      const known = spelled.get(next);
      if (known !== undefined) return known;
      const any = anyOf(spelledOtherwise(message, next) ?? message);
      const other = { ...made, any, again: after(next) };
      spelled.set(next, other);
      return other;
    };
  return { ...made, again: after(0) };
}
