import type { JsonObject } from "../src/model/json.ts";
import { appMeshObject, backends, documents, listening, routedService, SHOP } from "../test/shop-manifest.ts";

/** What is asked for: a host, and a header that one of two routes wants. */
export const HOST = "back.shop";
export const HEADER = { name: "x-group", value: "beta" } as const;
const RETRIES = 2;

/** A mesh in which `front` calls `back` by a router: a route by header, another for the rest, both with retries; no access logs. */
export function meshOf(port: number): string {
  const to = `action: { weightedTargets: [{ virtualNodeRef: { name: back }, weight: 1 }] }`;
  const retry = `retryPolicy: { maxRetries: ${RETRIES}, perRetryTimeout: { unit: s, value: 2 }, httpRetryEvents: [server-error, gateway-error] }`;
  const header = `headers: [{ name: ${HEADER.name}, match: { exact: ${HEADER.value} } }]`;
  const listener = `{ portMapping: { port: ${port}, protocol: http } }`;
  return documents(
    SHOP,
    appMeshObject("VirtualNode", "front", [
      "podSelector: { matchLabels: { app: front } }",
      ...listening([], "front.shop.svc.cluster.local"),
      backends("back"),
    ]),
    appMeshObject("VirtualNode", "back", [
      "podSelector: { matchLabels: { app: back } }",
      ...listening([listener], "back.shop.svc.cluster.local"),
    ]),
    routedService(
      "back",
      [listener],
      [
        `{ name: beta, priority: 1, httpRoute: { match: { prefix: /, ${header} }, ${to}, ${retry} } }`,
        `{ name: rest, httpRoute: { match: { prefix: / }, ${to}, ${retry} } }`,
      ],
    ),
  );
}

type Address = readonly [host: string, port: number];

/** The same as one would write it by hand: the Envoy of the caller. */
export function frontByHand(at: Address, back: Address, admin: number): JsonObject {
  const route = (headers: JsonObject): JsonObject => ({
    match: { prefix: "/", ...headers },
    route: {
      cluster: "next",
      timeout: "15s",
      retry_policy: { retry_on: "5xx,gateway-error", num_retries: RETRIES, per_try_timeout: "2s" },
    },
  });
  const header = { name: HEADER.name, string_match: { exact: HEADER.value } };
  return byHand(at, back, admin, [route({ headers: [header] }), route({})]);
}

/** The Envoy of the app that is called. */
export function backByHand(at: Address, app: Address, admin: number): JsonObject {
  return byHand(at, app, admin, [{ match: { prefix: "/" }, route: { cluster: "next", timeout: "15s" } }]);
}

function byHand(at: Address, next: Address, admin: number, routes: readonly JsonObject[]): JsonObject {
  const type = (path: string): string => `type.googleapis.com/envoy.extensions.filters.${path}`;
  const router = { name: "envoy.filters.http.router", typed_config: { "@type": type("http.router.v3.Router") } };
  const manager = {
    "@type": type("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "http",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [...routes] }] },
    http_filters: [router],
  };
  return {
    admin: { address: socket(["127.0.0.1", admin]) },
    static_resources: {
      listeners: [
        {
          name: "listener",
          address: socket(at),
          filter_chains: [
            { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: "next",
          type: "STATIC",
          connect_timeout: "5s",
          load_assignment: {
            cluster_name: "next",
            endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(next) } }] }],
          },
        },
      ],
    },
  };
}

function socket([address, port]: Address): JsonObject {
  return { socket_address: { address, port_value: port } };
}
