import type { Asked, GatewayRoute, Match, Shop } from "./shop.ts";
import { reach } from "./tls-edits.ts";

/** Who may answer, and whether the answer may be another than a success. */
export interface Answer {
  /** Nodes, or pods. */
  readonly by: readonly string[];
  readonly mayFail: boolean;
}

/** Several meshes at once of which a request may meet parts. */
export interface Met {
  readonly shop: Shop;
  /**
   * What the second pass of a gateway goes by, which takes up a change before the first one does.
   */
  readonly second: Shop;
  /** Those of which TLS may be in effect. It changes in steps, in which whatever all of them understand goes on working. */
  readonly tls: readonly Shop[];
}

interface AnswerOfNodes extends Answer {
  readonly nodes: readonly string[];
}

const FAILS: AnswerOfNodes = { by: [], mayFail: true, nodes: [] };

/** What the objects say about a request. */
export function answerOf({ shop, second, tls }: Met, asked: Asked): Answer {
  const answer = plainAnswer(shop, asked, second);
  return answer.nodes.every((node) => reach(tls, asked.by, node)) ? answer : { ...answer, mayFail: true };
}

function plainAnswer(shop: Shop, asked: Asked, second: Shop): AnswerOfNodes {
  if (asked.by === "door") {
    const found = routeOfHost(shop, asked.host, asked);
    return found === undefined
      ? FAILS
      : serviceAnswer(second, found.service, { ...asked, path: rewritten(found, asked.path) });
  }
  return shop.backends[asked.by].includes(asked.service) ? serviceAnswer(shop, asked.service, asked) : FAILS;
}

/** The same is asked of a mesh a hundred times. */
function remembered<Found>(find: (shop: Shop, service: string, asked: Asked) => Found): typeof find {
  const known = new WeakMap<Shop, Map<string, Found>>();
  return (shop, service, asked) => {
    const ofShop = known.get(shop) ?? new Map<string, Found>();
    known.set(shop, ofShop);
    const key = [service, asked.protocol, asked.path, asked.header, asked.method].join(" ");
    if (!ofShop.has(key)) ofShop.set(key, find(shop, service, asked));
    return ofShop.get(key) as Found;
  };
}

const serviceAnswer = remembered(answerOfService);

/** Routes for the very host come before those for its end, the longer one first, and these before those for every host. */
const routeOfHost = remembered((shop, host, asked): GatewayRoute | undefined => {
  const fitting = shop.gatewayRoutes
    .filter(({ protocol, match }) => protocol === asked.protocol && gatewayMatches(match, asked))
    .toSorted((one, other) => one.priority - other.priority);
  return (
    fitting.find((route) => route.host?.kind === "exact" && route.host.value === host) ??
    fitting
      .filter((route) => route.host?.kind === "suffix" && host.endsWith(route.host.value))
      .toSorted((one, other) => (other.host?.value.length ?? 0) - (one.host?.value.length ?? 0))[0] ??
    fitting.find((route) => route.host === undefined)
  );
});

/** A prefix with a slash at its end is for the path without it too. */
function gatewayMatches(match: Match, asked: Asked): boolean {
  if (matches(match, asked)) return true;
  return (
    match.kind === "prefix" &&
    match.value.endsWith("/") &&
    matches({ ...match, kind: "path", value: match.value.slice(0, -1) }, asked)
  );
}

/** `/` takes the place of the prefix. */
function rewritten({ protocol, match, rewrite }: GatewayRoute, path: string): string {
  if (protocol === "grpc" || rewrite === "kept" || match.kind !== "prefix") return path;
  return `/${path.slice(match.value.length).replace(/^\//, "")}`;
}

function answerOfService(shop: Shop, service: string, asked: Asked): AnswerOfNodes {
  const provider = shop.services[service];
  switch (provider?.kind) {
    case "node":
      return answerBy(shop, { [provider.name]: 1 });
    case "router": {
      const routes = (shop.routers[provider.name] ?? []).toSorted((one, other) => one.priority - other.priority);
      const route = routes.find(({ match }) => asked.protocol === "tcp" || matches(match, asked));
      return route === undefined ? FAILS : answerBy(shop, route.targets);
    }
    default:
      return FAILS;
  }
}

function answerBy(shop: Shop, targets: Readonly<Record<string, number>>): AnswerOfNodes {
  const wanted = Object.entries(targets).flatMap(([name, weight]) => (weight > 0 ? [name] : []));
  const instances = wanted.map((name) => instancesOf(shop, name));
  const mayFail =
    wanted.length === 0 ||
    instances.some((found) => found.length === 0) ||
    wanted.some((name) => shop.refused.includes(name));
  return { by: instances.flat(), mayFail, nodes: wanted };
}

/** Who is behind a node: itself where it is found by name, else pods. */
function instancesOf({ nodes, pods }: Shop, name: string): readonly string[] {
  const discovery = nodes[name]?.discovery;
  const ready = Object.entries(pods).filter(([, { isReady }]) => isReady);
  switch (discovery?.kind) {
    case undefined:
      return [];
    case "dns":
      return [name];
    case "slices":
    case "listed":
      return ready.flatMap(([pod, { pool }]) => (pool === name ? [pod] : []));
    case "cloudMap":
      // the pods of all nodes that name the service, with the attributes of the node that registers them
      return ready.flatMap(([pod, { pool }]) => {
        const by = nodes[pool]?.discovery;
        const isRegistered = by?.kind === "cloudMap" && by.service === discovery.service;
        return isRegistered && (discovery.version === undefined || by.version === discovery.version) ? [pod] : [];
      });
  }
}

function matches(match: Match, { protocol, path, header, method }: Asked): boolean {
  if (match.kind === "broken") return false;
  return (
    (match.kind === "path" ? path === match.value : path.startsWith(match.value)) &&
    (match.header === undefined || match.header === header) &&
    (match.method === undefined || protocol === "grpc" || match.method === method)
  );
}
