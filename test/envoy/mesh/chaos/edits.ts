import type { Chance } from "./random.ts";
import {
  type Asked,
  CALLERS,
  type Discovery,
  type GatewayRoute,
  type Match,
  NAMES,
  type NodeExtra,
  PODS,
  POOLS,
  type Ports,
  type Protocol,
  type Provider,
  type Route,
  type Shop,
  WITH_ENVOY,
} from "./shop.ts";
import { FIRST_TLS, type TlsSources } from "./tls.ts";
import { editedTls } from "./tls-edits.ts";

const PATHS: Readonly<Record<Protocol, readonly string[]>> = {
  http: ["/", "/a", "/a/b", "/b", "/a/a/b"],
  grpc: ["/shop.A/List", "/shop.A/Get", "/shop.B/List"],
  tcp: [""],
};
const PREFIXES = { http: ["/", "/a", "/a/b", "/b"], grpc: ["/", "/shop.A/", "/shop.B/"] } as const;
const GATEWAY_PREFIXES = { http: ["/", "/a", "/a/", "/b/", "/b"], grpc: PREFIXES.grpc } as const;
const HOSTS = ["www.example.com", "other.example.com", "elsewhere.com"] as const;
const HEADERS = [undefined, "one", "two"] as const;
const METHODS = ["GET", "POST"] as const;
const NODE_EXTRAS: readonly NodeExtra[] = [
  "none",
  "pool",
  "outliers",
  "health check",
  "timeouts",
  "log",
  "unwritable log",
];
const PROTOCOLS: readonly Protocol[] = ["http", "grpc", "tcp"];
const ALL_SERVICES = PROTOCOLS.flatMap((protocol) => NAMES[protocol].services);
/** Services that `side` may call. */
const OF_SIDE = [...NAMES.http.services, ...NAMES.grpc.services];
const DNS: Discovery = { kind: "dns" };

/** A mesh in which nearly everything works. */
export function firstShop(random: Chance, ports: Ports, tlsSources: TlsSources): Shop {
  const routers = PROTOCOLS.flatMap((of) => NAMES[of].routers.map((name) => [name, [wholeRoute(of, random)]] as const));
  const services = PROTOCOLS.flatMap((of) =>
    NAMES[of].services.map((name, index): [string, Provider] => [
      name,
      { kind: "router", name: NAMES[of].routers[index] ?? "" },
    ]),
  );
  const nodes = PROTOCOLS.flatMap((of) => NAMES[of].nodes.map((name) => [name, NEW_NODE] as const));
  const pods = PODS.map((name, index) => [name, { pool: POOLS[index % POOLS.length] ?? "", isReady: true }] as const);
  return {
    edit: 0,
    ports,
    tls: FIRST_TLS,
    tlsSources,
    nodes: Object.fromEntries(nodes),
    pods: Object.fromEntries(pods),
    routers: Object.fromEntries(routers),
    services: Object.fromEntries(services),
    gatewayRoutes: [wholeGatewayRoute("http", random), wholeGatewayRoute("grpc", random)],
    backends: { front: ALL_SERVICES, side: OF_SIDE },
    logging: [],
    refused: [],
  };
}

export const NEW_NODE = { extra: "none", speaks: "http", discovery: DNS } as const;

/** Everything that a router gets, to nodes of any kind. */
function wholeRoute(of: Protocol, random: Chance): Route {
  const match = { kind: "prefix", value: "/" } as const;
  return { name: "all", priority: 900, match, targets: targets(of, random), extra: "none" };
}

function wholeGatewayRoute(protocol: "http" | "grpc", random: Chance): GatewayRoute {
  const service = random.pick(NAMES[protocol].services);
  const match = { kind: "prefix", value: "/" } as const;
  return { protocol, priority: 900, match, host: hostFor(protocol, match, undefined), service, rewrite: "default" };
}

/** Nodes with an Envoy are many of those that requests go to, as only there listeners are met. */
function targets(of: Protocol, random: Chance): Readonly<Record<string, number>> {
  const target = (): string =>
    of === "http" && random.next() < 0.25 ? random.pick(WITH_ENVOY) : random.pick(NAMES[of].nodes);
  return Object.fromEntries(
    Array.from({ length: 1 + random.below(3) }, () => [target(), random.pick([0, 1, 1, 5, 100])] as const),
  );
}

/** Of this caller, most often of one of these services. */
export function randomRequest(
  random: Chance,
  by: Asked["by"],
  protocol: Protocol,
  often: readonly string[] = [],
): Asked {
  const { services } = NAMES[protocol];
  const wanted = services.filter((name) => often.includes(name));
  return {
    by,
    protocol,
    service: random.pick(wanted.length > 0 && random.next() < 0.8 ? wanted : services),
    host: random.pick(HOSTS),
    path: random.pick(PATHS[protocol]),
    header: random.pick(HEADERS),
    method: protocol === "grpc" ? "POST" : random.pick(METHODS),
  };
}

/** The services about which a mesh says something else than another one. */
export function servicesEdited(before: Shop, after: Shop): readonly string[] {
  const routesOf = ({ routers, services }: Shop, name: string): unknown => {
    const provider = services[name];
    return provider?.kind === "router" ? routers[provider.name] : provider;
  };
  return ALL_SERVICES.filter(
    (name) =>
      routesOf(before, name) !== routesOf(after, name) ||
      before.backends.front.includes(name) !== after.backends.front.includes(name),
  );
}

/** What differs between two meshes, such as `routers.router-3`. */
export function editedParts(before: Shop, after: Shop): readonly string[] {
  return (Object.keys(after) as (keyof Shop)[]).flatMap((part) => {
    const [one, other] = [before[part], after[part]] as Readonly<Record<string, unknown>>[];
    if (one === other || part === "edit") return [];
    const names = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
    return [...names].filter((name) => one?.[name] !== other?.[name]).map((name) => `${part}.${name}`);
  });
}

type Edit = (shop: Shop, random: Chance) => Shop;

/** One edit, as somebody makes it who sees no more than one object: some leave references that lead nowhere. */
export function edited(shop: Shop, random: Chance): Shop {
  return random.pick(EDITS)(shop, random);
}

const EDITS: readonly Edit[] = [
  // of routes, which people and their tools change most
  ...often(
    5,
    withRoutes((routes, of, random) => routes.map((route) => weighed(route, of, random))),
  ),
  ...often(3, withRoutes(withNewRoute)),
  withRoutes((routes, _, random) => routes.filter(() => random.next() < 0.5)),
  ...often(
    3,
    withRoutes((_, of, random) => [wholeRoute(of, random)]),
  ),
  (shop, random) => ({ ...shop, routers: without(shop.routers, random.pick(NAMES[anyOf(random)].routers)) }),
  ...often(3, (shop, random) => {
    const of = anyOf(random);
    return { ...shop, services: { ...shop.services, ...provided(of, random) } };
  }),
  (shop, random) => ({ ...shop, services: without(shop.services, random.pick(ALL_SERVICES)) }),
  (shop, random) => {
    const nodes = PROTOCOLS.flatMap((of) => NAMES[of].nodes).filter((name) => !isWithEnvoy(name));
    return { ...shop, nodes: without(shop.nodes, random.pick(nodes)) };
  },
  // those that are gone come back with it
  ...often(3, (shop, random) => {
    const of = anyOf(random);
    const name = random.pick(NAMES[of].nodes);
    const before = shop.nodes[name] ?? NEW_NODE;
    const node = of === "http" ? { ...before, extra: random.pick(NODE_EXTRAS), speaks: speaking(random) } : before;
    return { ...shop, nodes: { ...shop.nodes, [name]: node } };
  }),
  // listeners of running Envoys
  ...often(2, (shop, random) => {
    const node = { extra: random.pick(NODE_EXTRAS), speaks: speaking(random), discovery: DNS };
    return { ...shop, nodes: { ...shop.nodes, [random.pick(WITH_ENVOY)]: node } };
  }),
  (shop, random) => ({ ...shop, logging: CALLERS.filter(() => random.next() < 0.3) }),
  // backends
  (shop, random) => {
    const gone = random.pick(ALL_SERVICES);
    return { ...shop, backends: { ...shop.backends, front: shop.backends.front.filter((name) => name !== gone) } };
  },
  (shop, random) => ({
    ...shop,
    backends: { ...shop.backends, side: OF_SIDE.filter(() => random.next() < 0.8) },
  }),
  ...often(2, (shop: Shop): Shop => ({ ...shop, backends: { front: ALL_SERVICES, side: OF_SIDE } })),
  // gateways
  ...often(3, (shop, random) => withGatewayRoute(shop, random, random.pick(["http", "http", "grpc"]))),
  (shop, random) => ({ ...shop, gatewayRoutes: shop.gatewayRoutes.filter(() => random.next() < 0.7) }),
  ...often(2, (shop, random) => {
    const route = wholeGatewayRoute(random.pick(["http", "grpc"]), random);
    return { ...shop, gatewayRoutes: [...shop.gatewayRoutes.filter((one) => !isSame(one, route)), route] };
  }),
  // pods, and how they are found
  ...often(3, (shop, random) => {
    const name = random.pick(POOLS);
    return { ...shop, nodes: { ...shop.nodes, [name]: { ...NEW_NODE, discovery: discovery(random) } } };
  }),
  ...often(3, (shop, random) => {
    const pod = { pool: random.pick(POOLS), isReady: random.next() < 0.8 };
    return { ...shop, pods: { ...shop.pods, [random.pick(PODS)]: pod } };
  }),
  (shop, random) => ({ ...shop, pods: without(shop.pods, random.pick(PODS)) }),
  ...often(4, editedTls),
  // what Envoy refuses: some nodes, as nobody calls each of them
  (shop, random) => ({
    ...shop,
    refused: NAMES.http.nodes.filter((name) => name.startsWith("node-") && random.next() < 0.3),
  }),
  ...often(2, (shop: Shop): Shop => ({ ...shop, refused: [] })),
];

function speaking(random: Chance): "http" | "http2" {
  return random.pick(["http", "http", "http2"]);
}

function often(times: number, edit: Edit): readonly Edit[] {
  return Array.from({ length: times }, () => edit);
}

function anyOf(random: Chance): Protocol {
  return random.pick(["http", "http", "http", "grpc", "tcp"]);
}

function isWithEnvoy(name: string): boolean {
  return (WITH_ENVOY as readonly string[]).includes(name);
}

function withRoutes(edit: (routes: readonly Route[], of: Protocol, random: Chance) => readonly Route[]): Edit {
  return (shop, random) => {
    const of = anyOf(random);
    const name = random.pick(NAMES[of].routers);
    return { ...shop, routers: { ...shop.routers, [name]: edit(shop.routers[name] ?? [], of, random) } };
  };
}

function weighed(route: Route, of: Protocol, random: Chance): Route {
  return random.next() < 0.5 ? route : { ...route, targets: targets(of, random) };
}

/** A router of TCP has one. */
function withNewRoute(routes: readonly Route[], of: Protocol, random: Chance): readonly Route[] {
  const extra = random.pick(["none", "retries", "timeout"] as const);
  if (of === "tcp") return [{ ...wholeRoute(of, random), extra }];
  const priority = random.below(900);
  const route = { name: `route-${priority}`, priority, match: match(of, random), targets: targets(of, random), extra };
  return [...routes.filter((one) => one.priority !== priority), route].slice(-8);
}

function match(of: "http" | "grpc", random: Chance): Match {
  if (random.next() < 0.1) return { kind: "broken" };
  const rest = besidePath(of, random);
  return random.next() < 0.5
    ? { kind: "prefix", value: random.pick(PREFIXES[of]), ...rest }
    : { kind: "path", value: random.pick(PATHS[of]), ...rest };
}

function besidePath(of: "http" | "grpc", random: Chance): Pick<Match & { kind: "path" }, "header" | "method"> {
  const header = random.pick(HEADERS);
  const method = of === "http" ? random.pick([undefined, undefined, ...METHODS]) : undefined;
  return { ...(header !== undefined && { header }), ...(method !== undefined && { method }) };
}

function withGatewayRoute(shop: Shop, random: Chance, protocol: "http" | "grpc"): Shop {
  const match = gatewayMatch(protocol, random);
  const hosts = [undefined, undefined, { kind: "exact", value: HOSTS[0] }, { kind: "suffix", value: ".example.com" }];
  const route: GatewayRoute = {
    protocol,
    priority: random.below(900),
    match,
    host: hostFor(protocol, match, random.pick(hosts as readonly GatewayRoute["host"][])),
    service: random.pick(NAMES[protocol].services),
    rewrite: random.pick(["default", "kept"]),
  };
  const [whole, others] = [
    shop.gatewayRoutes.filter(({ priority }) => priority === 900),
    shop.gatewayRoutes.filter((one) => one.priority < 900 && !isSame(one, route)),
  ];
  return { ...shop, gatewayRoutes: [...whole, ...[...others, route].slice(-12)] };
}

/** Without a service, a route of gRPC has to name hosts: those that anybody calls have one end. */
export function hostFor(protocol: "http" | "grpc", match: Match, host: GatewayRoute["host"]): GatewayRoute["host"] {
  const isService = match.kind !== "broken" && match.value !== "/";
  return protocol === "http" || isService || host !== undefined ? host : { kind: "suffix", value: ".com" };
}

function gatewayMatch(protocol: "http" | "grpc", random: Chance): Match {
  if (random.next() < 0.1) return { kind: "broken" };
  const rest = besidePath(protocol, random);
  return protocol === "http" && random.next() < 0.3
    ? { kind: "path", value: random.pick(PATHS.http), ...rest }
    : { kind: "prefix", value: random.pick(GATEWAY_PREFIXES[protocol]), ...rest };
}

function isSame(one: GatewayRoute, other: GatewayRoute): boolean {
  return one.protocol === other.protocol && one.priority === other.priority;
}

function discovery(random: Chance): Discovery {
  const kind = random.pick(["dns", "slices", "listed", "cloudMap", "cloudMap"] as const);
  if (kind !== "cloudMap") return { kind };
  return { kind, service: random.pick(["one", "two"]), version: random.pick([undefined, "a", "b"]) };
}

/** Another provider of a service; of TCP each has its own router, as two could not be told apart on one port here. */
function provided(of: Protocol, random: Chance): Readonly<Record<string, Provider>> {
  const service = random.pick(NAMES[of].services);
  const kind = random.pick(
    of === "tcp" ? (["router", "none"] as const) : (["node", "router", "router", "router", "none"] as const),
  );
  switch (kind) {
    case "none":
      return { [service]: { kind } };
    case "node":
      return { [service]: { kind, name: random.pick(NAMES[of].nodes) } };
    case "router": {
      const own = NAMES[of].routers[NAMES[of].services.indexOf(service)] ?? "";
      return { [service]: { kind, name: of === "tcp" ? own : random.pick(NAMES[of].routers) } };
    }
  }
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
