import { createHash } from "node:crypto";
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { ClusterSchema } from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../generated/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "../generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { EncodedResource } from "../serve/resource.ts";
import { TYPES } from "../types.ts";
import { bytesOf } from "./bytes.ts";
import type { Resource } from "./resource.ts";

const SCHEMAS: Readonly<Record<Resource["type"], DescMessage>> = {
  [TYPES.secret]: SecretSchema,
  [TYPES.cluster]: ClusterSchema,
  [TYPES.endpoints]: ClusterLoadAssignmentSchema,
  [TYPES.listener]: ListenerSchema,
  [TYPES.route]: RouteConfigurationSchema,
};

const encoded = new Map<string, WeakRef<EncodedResource>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (encoded.get(key)?.deref() === undefined) encoded.delete(key);
});

/** The bytes of a resource, shared by everybody who has the same. */
export function encodeResource({ type, name, message }: Resource): EncodedResource {
  const value = bytesOf(SCHEMAS[type], message);
  const any = toBinary(AnySchema, create(AnySchema, { typeUrl: type, value }));
  // the message has its name inside
  const key = createHash("sha256").update(any).digest("base64url");
  const known = encoded.get(key)?.deref();
  if (known !== undefined) return known;
  const made = { type, name, version: key.slice(0, 16), any };
  encoded.set(key, new WeakRef(made));
  forgotten.register(made, key);
  return made;
}
