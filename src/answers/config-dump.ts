import { hostPort } from "../model/host-port.ts";
import { isObject, type Json, type JsonObject, member, numberOf, objectsOf, stringOf } from "../model/json.ts";
import { type ResourceType, TYPE_PREFIX } from "../xds/types.ts";

/** A resource as an Envoy has it. */
export interface HeldResource {
  readonly type: ResourceType;
  readonly name: string;
  /** As it was sent; empty: Envoy does not say it (endpoints). */
  readonly version: string;
  /** Envoy took it and does not use it yet, because something that it needs is still to come. */
  readonly isWarming: boolean;
  /** Why Envoy refused a newer version; empty: it refused none. */
  readonly refusal: string;
  /** Undefined of one that was never accepted. */
  readonly message: JsonObject | undefined;
}

const ADMIN = `${TYPE_PREFIX}envoy.admin.v3.`;

/**
 * Everything that came over xDS in an answer to `/config_dump?include_eds`, sorted as Envoy has it (https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/config_dump.proto).
 * What the bootstrap has is left out. Undefined: it is no such answer.
 */
export function heldResources(dump: Json | undefined): readonly HeldResource[] | undefined {
  const configs = member(dump, "configs");
  if (!Array.isArray(configs)) return undefined;
  return objectsOf(configs).flatMap((config) => {
    const of = (field: string): readonly JsonObject[] => objectsOf(config[field]);
    switch (config["@type"]) {
      case `${ADMIN}ListenersConfigDump`:
        return of("dynamic_listeners").map(heldListener);
      case `${ADMIN}ClustersConfigDump`:
        return [
          ...of("dynamic_active_clusters").map((one) => held("cluster", one, "cluster", false)),
          ...of("dynamic_warming_clusters").map((one) => held("cluster", one, "cluster", true)),
        ];
      case `${ADMIN}RoutesConfigDump`:
        return of("dynamic_route_configs").map((one) => held("route", one, "route_config", false));
      case `${ADMIN}SecretsConfigDump`:
        return [
          ...of("dynamic_active_secrets").map((one) => held("secret", one, "secret", false)),
          ...of("dynamic_warming_secrets").map((one) => held("secret", one, "secret", true)),
        ];
      case `${ADMIN}EndpointsConfigDump`:
        return of("dynamic_endpoint_configs").map((one) => held("endpoints", one, "endpoint_config", false));
      default:
        return [];
    }
  });
}

function held(type: ResourceType, one: JsonObject, field: string, isWarming: boolean): HeldResource {
  const message = one[field];
  const own = isObject(message) ? message : undefined;
  return {
    type,
    name: stringOf(own?.name) ?? stringOf(own?.cluster_name) ?? stringOf(one.name) ?? "",
    version: stringOf(one.version_info) ?? "",
    isWarming,
    refusal: stringOf(member(one.error_state, "details")) ?? "",
    message: own,
  };
}

/** A listener may be there in up to three states: the newest that is in use counts. */
function heldListener(one: JsonObject): HeldResource {
  const active = one.active_state;
  const state = isObject(active) ? active : one.warming_state;
  const listener = member(state, "listener");
  return {
    type: "listener",
    name: stringOf(one.name) ?? "",
    version: stringOf(member(state, "version_info")) ?? "",
    isWarming: !isObject(active) && isObject(one.warming_state),
    refusal: stringOf(member(one.error_state, "details")) ?? "",
    message: isObject(listener) ? listener : undefined,
  };
}

/** `10.1.0.7:8080`, with its health where that is none of the best: in the order of the message. */
export function addressesIn(assignment: JsonObject | undefined): readonly string[] {
  return objectsOf(assignment?.endpoints).flatMap((locality) =>
    objectsOf(locality.lb_endpoints).map((one) => {
      const socket = member(member(member(one, "endpoint"), "address"), "socket_address");
      const host = stringOf(member(socket, "address")) ?? "";
      const place = hostPort({ host, port: numberOf(member(socket, "port_value")) ?? 0 });
      const health = stringOf(one.health_status) ?? "HEALTHY";
      return health === "HEALTHY" || health === "UNKNOWN" ? place : `${place} ${health.toLowerCase()}`;
    }),
  );
}
