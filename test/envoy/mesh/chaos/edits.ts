import type { Chance } from "./random.ts";
import type { Asked, Match, NodeExtra, Provider, Route, Shop } from "./shop.ts";

export const PATHS = ["/", "/a", "/a/b", "/b"] as const;
const HEADERS = [undefined, "one", "two"] as const;
const METHODS = ["GET", "POST"] as const;
const NODES = names("node", 30);
const ROUTERS = names("router", 16);
export const SERVICES = names("service", 16);
const NODE_EXTRAS: readonly NodeExtra[] = ["none", "pool", "outliers", "timeouts", "log", "unwritable log"];

export const HOSTED = [...NODES, "db"];

function names(of: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${of}-${index}`);
}

/** A mesh in which nearly everything works. */
export function firstShop(random: Chance, ports: { readonly port: number; readonly tcpPort: number }): Shop {
  const routers = Object.fromEntries(ROUTERS.map((name) => [name, [wholeRoute(random)]]));
  const services = Object.fromEntries(
    SERVICES.map((name, index): [string, Provider] => [name, { kind: "router", name: ROUTERS[index] ?? "" }]),
  );
  const nodes = Object.fromEntries(NODES.map((name): [string, NodeExtra] => [name, "none"]));
  return { ...ports, nodes, routers, services, backends: SERVICES, refused: [] };
}

/** Everything that a router gets, to nodes of any kind. */
function wholeRoute(random: Chance): Route {
  return { name: "all", priority: 900, match: { kind: "prefix", value: "/" }, targets: targets(random), extra: "none" };
}

function targets(random: Chance): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Array.from({ length: 1 + random.below(3) }, () => [random.pick(NODES), random.pick([0, 1, 1, 5, 100])] as const),
  );
}

/** Most often of one of these services. */
export function randomRequest(random: Chance, often: readonly string[] = []): Asked {
  return {
    service: random.pick(often.length > 0 && random.next() < 0.8 ? often : SERVICES),
    path: random.pick(PATHS),
    header: random.pick(HEADERS),
    method: random.pick(METHODS),
  };
}

/** The services about which a mesh says something else than another one. */
export function servicesEdited(before: Shop, after: Shop): readonly string[] {
  const routesOf = ({ routers, services }: Shop, name: string): unknown => {
    const provider = services[name];
    return provider?.kind === "router" ? routers[provider.name] : provider;
  };
  return SERVICES.filter(
    (name) =>
      routesOf(before, name) !== routesOf(after, name) ||
      before.backends.includes(name) !== after.backends.includes(name),
  );
}

/** One edit, as somebody makes it who sees no more than one object: some leave references that lead nowhere. */
export function edited(shop: Shop, random: Chance): Shop {
  const edit = random.pick(EDITS);
  return edit(shop, random);
}

const EDITS: readonly ((shop: Shop, random: Chance) => Shop)[] = [
  // of routes, which people and their tools change most
  ...Array.from({ length: 4 }, () => withRoutes((routes, random) => routes.map((route) => weighed(route, random)))),
  ...Array.from({ length: 3 }, () => withRoutes(withNewRoute)),
  withRoutes((routes, random) => routes.filter(() => random.next() < 0.5)),
  withRoutes((_, random) => [wholeRoute(random)]),
  withRoutes((_, random) => [wholeRoute(random)]),
  (shop, random) => ({ ...shop, routers: without(shop.routers, random.pick(ROUTERS)) }),
  (shop, random) => ({ ...shop, services: { ...shop.services, [random.pick(SERVICES)]: provider(random) } }),
  (shop, random) => ({ ...shop, services: { ...shop.services, [random.pick(SERVICES)]: provider(random) } }),
  (shop, random) => ({ ...shop, services: without(shop.services, random.pick(SERVICES)) }),
  (shop, random) => ({ ...shop, nodes: without(shop.nodes, random.pick(NODES)) }),
  // those that are gone come back with it
  ...Array.from({ length: 3 }, () => (shop: Shop, random: Chance): Shop => {
    return { ...shop, nodes: { ...shop.nodes, [random.pick(NODES)]: random.pick(NODE_EXTRAS) } };
  }),
  (shop, random) => {
    const service = random.pick(SERVICES);
    return { ...shop, backends: shop.backends.filter((name) => name !== service) };
  },
  ...Array.from(
    { length: 2 },
    () =>
      (shop: Shop): Shop => ({ ...shop, backends: SERVICES }),
  ),
  (shop, random) => ({ ...shop, refused: [random.pick(NODES)] }),
  ...Array.from(
    { length: 2 },
    () =>
      (shop: Shop): Shop => ({ ...shop, refused: [] }),
  ),
];

function withRoutes(edit: (routes: readonly Route[], random: Chance) => readonly Route[]) {
  return (shop: Shop, random: Chance): Shop => {
    const name = random.pick(ROUTERS);
    return { ...shop, routers: { ...shop.routers, [name]: edit(shop.routers[name] ?? [], random) } };
  };
}

function weighed(route: Route, random: Chance): Route {
  return random.next() < 0.5 ? route : { ...route, targets: targets(random) };
}

function withNewRoute(routes: readonly Route[], random: Chance): readonly Route[] {
  const priority = random.below(900);
  const route: Route = {
    name: `route-${priority}`,
    priority,
    match: match(random),
    targets: targets(random),
    extra: random.pick(["none", "retries", "timeout"] as const),
  };
  return [...routes.filter((one) => one.priority !== priority), route].slice(-8);
}

function match(random: Chance): Match {
  if (random.next() < 0.1) return { kind: "broken" };
  const header = random.pick(HEADERS);
  const method = random.pick([undefined, undefined, ...METHODS]);
  return {
    kind: random.pick(["prefix", "path"] as const),
    value: random.pick(PATHS),
    ...(header !== undefined && { header }),
    ...(method !== undefined && { method }),
  };
}

function provider(random: Chance): Provider {
  const kind = random.pick(["node", "router", "router", "router", "none"] as const);
  return kind === "none" ? { kind } : { kind, name: random.pick(kind === "node" ? NODES : ROUTERS) };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
