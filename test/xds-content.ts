import { create, type DescMessage, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { JsonObject } from "../src/model/json.ts";
import { encodeResource } from "../src/xds/encode/encode-resource.ts";
import { type Resource, resourceOf } from "../src/xds/encode/resource.ts";
import { ClusterSchema } from "../src/xds/generated/envoy/config/cluster/v3/cluster_pb.js";
import { AddressSchema } from "../src/xds/generated/envoy/config/core/v3/address_pb.js";
import { TypedExtensionConfigSchema } from "../src/xds/generated/envoy/config/core/v3/extension_pb.js";
import { ClusterLoadAssignmentSchema } from "../src/xds/generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "../src/xds/generated/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "../src/xds/generated/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "../src/xds/generated/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { EncodedResource } from "../src/xds/serve/resource.ts";
import { ENVOY_MESSAGES } from "./envoy-messages.ts";

/* Resources of a small mesh, for tests of the xDS server. */

const ADS = { ads: {}, resource_api_version: "V3" };
const ROUTER = {
  name: "router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
};

/** A cluster whose endpoints come by EDS; `seconds` makes it another one. */
export function edsCluster(name: string, seconds = 1, rest: JsonObject = {}): EncodedResource {
  const message = {
    name,
    type: "EDS",
    connect_timeout: `${seconds}s`,
    eds_cluster_config: { eds_config: ADS },
    ...rest,
  };
  return encoded(ClusterSchema, message);
}

/** A cluster of a DNS name, which the resolver at this port of loopback is asked for. */
export function dnsCluster(name: string, host: string, resolver: number): EncodedResource {
  const cluster = fromJson(ClusterSchema, {
    name,
    type: "STRICT_DNS",
    connect_timeout: "1s",
    load_assignment: loadAssignment(name, [[host, 80]]) as JsonValue,
  });
  // resolvers are a field that the product does not use, and its message does not have
  const resolvers = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .bytes(toBinary(AddressSchema, fromJson(AddressSchema, socket("127.0.0.1", resolver) as JsonValue)))
    // query_timeout_seconds: a name that is not answered stays so for as long as a test takes
    .tag(6, WireType.LengthDelimited)
    .bytes(new BinaryWriter().tag(1, WireType.Varint).uint64(600).finish());
  const value = resolvers.finish();
  const typeUrl = "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig";
  const typedConfig = create(AnySchema, { typeUrl, value });
  cluster.typedDnsResolverConfig = create(TypedExtensionConfigSchema, { name: "cares", typedConfig });
  return encodeResource(resourceOf(cluster));
}

/** The endpoints of a cluster, all of them on loopback. */
export function endpoints(name: string, ...ports: readonly number[]): EncodedResource {
  const addresses = ports.map((port) => ["127.0.0.1", port] as const);
  return encoded(ClusterLoadAssignmentSchema, loadAssignment(name, addresses));
}

/** A listener whose routes come by RDS. */
export function httpListener(name: string, port: number, route: string, rest: JsonObject = {}): EncodedResource {
  const manager = {
    "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: name,
    rds: { route_config_name: route, config_source: ADS },
    http_filters: [ROUTER],
  };
  const chain = { filters: [{ name: "http", typed_config: manager }] };
  return encoded(ListenerSchema, { name, address: socket("127.0.0.1", port), filter_chains: [chain], ...rest });
}

/** A route configuration that sends everything to one cluster. */
export function routeTo(name: string, cluster: string): EncodedResource {
  const host = { name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster, timeout: "5s" } }] };
  return encoded(RouteConfigurationSchema, { name, virtual_hosts: [host] });
}

/** A route configuration of these virtual hosts. */
export function routeOf(name: string, ...hosts: readonly JsonObject[]): EncodedResource {
  return encoded(RouteConfigurationSchema, { name, virtual_hosts: [...hosts] });
}

/** A secret of roots. */
export function secret(name: string, pem: string): EncodedResource {
  return encoded(SecretSchema, { name, validation_context: { trusted_ca: { inline_string: pem } } });
}

/** A transport socket whose roots are such a secret. */
export function tlsBy(name: string): JsonObject {
  const type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  const source = { name, sds_config: { ...ADS, initial_fetch_timeout: "5s" } };
  const context = { "@type": type, common_tls_context: { validation_context_sds_secret_config: source } };
  return { transport_socket: { name: "tls", typed_config: context } };
}

/** The endpoints of a cluster, as protobuf's JSON. */
export function endpointsOf(message: JsonObject): EncodedResource {
  return encoded(ClusterLoadAssignmentSchema, message);
}

function encoded(schema: DescMessage, message: JsonObject): EncodedResource {
  return encodeResource(
    resourceOf(fromJson(schema, message as JsonValue, { registry: ENVOY_MESSAGES }) as Resource["message"]),
  );
}

function loadAssignment(name: string, addresses: readonly (readonly [string, number])[]): JsonObject {
  const ofAll = addresses.map(([address, port]) => ({ endpoint: { address: socket(address, port) } }));
  return { cluster_name: name, endpoints: [{ lb_endpoints: ofAll }] };
}

function socket(address: string, port: number): JsonObject {
  return { socket_address: { address, port_value: port } };
}
