import { createHash } from "node:crypto";
import { createRegistry, type DescMessage, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { JsonObject } from "../../model/json.ts";
import {
  ClusterSchema,
  file_envoy_config_cluster_v3_cluster,
} from "../generated/envoy/config/cluster/v3/cluster_pb.js";
import {
  file_envoy_config_listener_v3_listener,
  ListenerSchema,
} from "../generated/envoy/config/listener/v3/listener_pb.js";
import { file_envoy_config_trace_v3_datadog } from "../generated/envoy/config/trace/v3/datadog_pb.js";
import { file_envoy_config_trace_v3_opentelemetry } from "../generated/envoy/config/trace/v3/opentelemetry_pb.js";
import { file_envoy_config_trace_v3_xray } from "../generated/envoy/config/trace/v3/xray_pb.js";
import { file_envoy_config_trace_v3_zipkin } from "../generated/envoy/config/trace/v3/zipkin_pb.js";
import { file_envoy_extensions_access_loggers_file_v3_file } from "../generated/envoy/extensions/access_loggers/file/v3/file_pb.js";
import { file_envoy_extensions_filters_http_router_v3_router } from "../generated/envoy/extensions/filters/http/router/v3/router_pb.js";
import { file_envoy_extensions_filters_listener_original_dst_v3_original_dst } from "../generated/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager } from "../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy } from "../generated/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { TYPES, type TypeUrl } from "../types.ts";

/** A resource as translation makes it: its type, its name, and the message in the JSON form of protobuf. */
export interface Resource {
  readonly type: TypeUrl;
  readonly name: string;
  readonly message: JsonObject;
}

/** A resource as it is sent. There is one of these for equal content, however many streams have it. */
export interface EncodedResource {
  readonly name: string;
  /** Hash of the content. */
  readonly version: string;
  /** A `google.protobuf.Any`. */
  readonly any: Uint8Array;
}

const SCHEMAS: Partial<Record<TypeUrl, DescMessage>> = {
  [TYPES.cluster]: ClusterSchema,
  [TYPES.listener]: ListenerSchema,
};

/** Every message that may stand in a `typed_config`. */
const REGISTRY = createRegistry(
  file_envoy_config_cluster_v3_cluster,
  file_envoy_config_listener_v3_listener,
  file_envoy_config_trace_v3_datadog,
  file_envoy_config_trace_v3_opentelemetry,
  file_envoy_config_trace_v3_xray,
  file_envoy_config_trace_v3_zipkin,
  file_envoy_extensions_access_loggers_file_v3_file,
  file_envoy_extensions_filters_http_router_v3_router,
  file_envoy_extensions_filters_listener_original_dst_v3_original_dst,
  file_envoy_extensions_filters_network_http_connection_manager_v3_http_connection_manager,
  file_envoy_extensions_filters_network_tcp_proxy_v3_tcp_proxy,
);

const encoded = new Map<string, WeakRef<EncodedResource>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (encoded.get(key)?.deref() === undefined) encoded.delete(key);
});

/**
 * The bytes of a resource, shared by everybody who has the same. Throws an Error that names the field when the message does
 * not fit its type: that is a mistake of ours.
 */
export function encodeResource({ type, name, message }: Resource): EncodedResource {
  const key = createHash("sha256")
    .update(`${type} ${name} ${JSON.stringify(message)}`)
    .digest("base64url");
  const known = encoded.get(key)?.deref();
  if (known !== undefined) return known;
  const schema = SCHEMAS[type];
  if (schema === undefined) throw new TypeError(`no resources of type ${type} are made yet`);
  const value = toBinary(schema, fromJson(schema, message as JsonValue, { registry: REGISTRY }));
  const any = toBinary(AnySchema, { $typeName: "google.protobuf.Any", typeUrl: type, value });
  const made = { name, version: key.slice(0, 16), any };
  encoded.set(key, new WeakRef(made));
  forgotten.register(made, key);
  return made;
}
