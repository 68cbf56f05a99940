import { firstShop, hostFor, NEW_NODE } from "./edits.ts";
import { chance } from "./random.ts";
import {
  CALLERS,
  type Discovery,
  type GatewayRoute,
  NAMES,
  type Node,
  POOLS,
  type Ports,
  type Protocol,
  type Shop,
  WITH_ENVOY,
} from "./shop.ts";
import type { TlsSources } from "./tls.ts";

/** A change of which the meshes before and after answer every request. */
export type Change = readonly [what: string, change: (shop: Shop) => Shop];

/** A mesh in which every request is answered, by nodes of each kind. */
export function wholeShop(ports: Ports, tls: TlsSources): Shop {
  const shop = firstShop(chance(1), ports, tls);
  const routed = (of: Protocol, targets: (index: number) => readonly string[]) =>
    NAMES[of].routers.map((name, index) => {
      const weights = Object.fromEntries(targets(index).map((node) => [node, 1]));
      const match = { kind: "prefix", value: "/" } as const;
      return [name, [{ name: "all", priority: 900, match, targets: weights, extra: "none" }]] as const;
    });
  const routers = [
    ...routed("http", (index) => [POOLS[index % POOLS.length] ?? "", WITH_ENVOY[index % WITH_ENVOY.length] ?? ""]),
    ...routed("grpc", (index) => [`rpc-${index}`, "rpc-5"]),
    ...routed("tcp", (index) => [`store-${index}`]),
  ];
  return {
    ...shop,
    routers: Object.fromEntries(routers),
    gatewayRoutes: [gate("http", "service-0"), gate("grpc", "calls-0")],
  };
}

/** The table of changes in place, one after the other. */
export const CHANGES: readonly Change[] = [
  ["nodes are found by EndpointSlices in the place of DNS", found({ kind: "slices" })],
  ["by Cloud Map in the place of EndpointSlices", found({ kind: "cloudMap", service: "one", version: undefined })],
  ["by an attribute more", found({ kind: "cloudMap", service: "one", version: "a" })],
  ["by DNS in the place of Cloud Map", found({ kind: "dns" })],
  ["by Cloud Map in the place of DNS", found({ kind: "cloudMap", service: "two", version: "b" })],
  ["by EndpointSlices in the place of Cloud Map", found({ kind: "slices" })],
  ["by addresses of an annotation in the place of EndpointSlices", found({ kind: "listed" })],
  ["by Cloud Map in the place of an annotation", found({ kind: "cloudMap", service: "two", version: "b" })],
  ["by an annotation in the place of Cloud Map", found({ kind: "listed" })],
  ["by DNS in the place of an annotation", found({ kind: "dns" })],
  ["by an annotation in the place of DNS", found({ kind: "listed" })],
  ["by EndpointSlices in the place of an annotation", found({ kind: "slices" })],
  ["by DNS in the place of EndpointSlices", found({ kind: "dns" })],
  ["connection pools are added", listening({ extra: "pool" })],
  ["and removed", listening({ extra: "none" })],
  ["health checks are added", listening({ extra: "health check" })],
  ["and removed", listening({ extra: "none" })],
  ["outlier detection is added", listening({ extra: "outliers" })],
  ["and removed", listening({ extra: "none" })],
  ["time-outs are added", listening({ extra: "timeouts" })],
  ["and removed", listening({ extra: "none" })],
  ["listeners become HTTP/2", listening({ speaks: "http2" })],
  ["and gRPC", listening({ speaks: "grpc" })],
  ["and HTTP again", listening({ speaks: "http" })],
  ["listeners become gRPC", listening({ speaks: "grpc" })],
  ["and HTTP/2", listening({ speaks: "http2" })],
  ["and HTTP", listening({ speaks: "http" })],
  ["access logs are added", (shop) => ({ ...listening({ extra: "log" })(shop), logging: CALLERS })],
  ["and removed", (shop) => ({ ...listening({ extra: "none" })(shop), logging: [] })],
  ["gateway routes lead to services to which none did", gated(gate("http", "service-1"), gate("grpc", "calls-1"))],
  ["a gateway route keeps its prefix", gated(gate("http", "service-1", { rewrite: "kept" }), gate("grpc", "calls-1"))],
  [
    "gateway routes are for an exact path, and for what is left",
    gated(
      gate("http", "service-2", { priority: 1, match: { kind: "path", value: "/a" } }),
      gate("http", "service-3", { match: { kind: "prefix", value: "/" } }),
      gate("grpc", "calls-2"),
    ),
  ],
  [
    "gateway routes are for a host, and for all",
    gated(
      gate("http", "service-4", { priority: 1, host: { kind: "exact", value: "www.example.com" } }),
      gate("http", "service-5"),
      gate("grpc", "calls-0"),
    ),
  ],
  ["routes leave nodes", routed({ "node-10": 1 })],
  ["those are deleted", (shop) => ({ ...shop, nodes: omitted(shop.nodes, [...POOLS, "store-0", "rpc-5"]) })],
  [
    "and created again",
    (shop) => ({ ...shop, nodes: { ...shop.nodes, ...nodesOf([...POOLS, "store-0", "rpc-5"], NEW_NODE) } }),
  ],
  ["routes lead to them again", routed(Object.fromEntries(POOLS.map((name) => [name, 1])))],
];

function found(discovery: Discovery) {
  return (shop: Shop): Shop => ({ ...shop, nodes: { ...shop.nodes, ...nodesOf(POOLS, { ...NEW_NODE, discovery }) } });
}

/** Of nodes with an Envoy and without. */
function listening(change: Partial<Node>) {
  return (shop: Shop): Shop => {
    const changed = [...WITH_ENVOY, ...POOLS].map((name) => [name, { ...(shop.nodes[name] ?? NEW_NODE), ...change }]);
    return { ...shop, nodes: { ...shop.nodes, ...Object.fromEntries(changed) } };
  };
}

function gate(protocol: "http" | "grpc", service: string, change: Partial<GatewayRoute> = {}): GatewayRoute {
  const match = { kind: "prefix", value: "/" } as const;
  return {
    protocol,
    priority: 900,
    match,
    host: hostFor(protocol, match, undefined),
    service,
    rewrite: "default",
    ...change,
  };
}

function gated(...gatewayRoutes: readonly GatewayRoute[]) {
  return (shop: Shop): Shop => ({ ...shop, gatewayRoutes });
}

/** All requests over HTTP; calls and connections to the last of their nodes. */
function routed(targets: Readonly<Record<string, number>>) {
  return (shop: Shop): Shop => {
    const routers = Object.entries(shop.routers).map(([name, routes]) => {
      const of = name.startsWith("calls-") ? { "rpc-4": 1 } : name.startsWith("stream-") ? { "store-3": 1 } : targets;
      return [name, routes.map((route) => ({ ...route, targets: of }))];
    });
    return { ...shop, routers: Object.fromEntries(routers) as Shop["routers"] };
  };
}

function nodesOf(names: readonly string[], node: Node): Readonly<Record<string, Node>> {
  return Object.fromEntries(names.map((name) => [name, node]));
}

function omitted<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !names.includes(key)));
}
