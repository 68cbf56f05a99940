import { stringify } from "yaml";
import { APPMESH_API_VERSION } from "../../../../src/model/kinds.ts";
import { SHOP } from "../../../shop-manifest.ts";

/*
 * A mesh of some sixty objects as plain values, of which a test knows by itself what they come to: every match is one of few kinds, and no
 * two routes of a router have the same priority.
 */

export interface Route {
  readonly name: string;
  readonly priority: number;
  readonly match: Match;
  /** Weights by the names of nodes. */
  readonly targets: Readonly<Record<string, number>>;
  readonly extra: "none" | "retries" | "timeout";
}

export type Match =
  | {
      readonly kind: "prefix" | "path";
      readonly value: string;
      readonly header?: string;
      readonly method?: "GET" | "POST";
    }
  /** What no RE2 is: it is left out. */
  | { readonly kind: "broken" };

export type Provider = { readonly kind: "node" | "router"; readonly name: string } | { readonly kind: "none" };

/** A block that a node's listener may have, which changes nothing of who answers. */
export type NodeExtra = "none" | "pool" | "outliers" | "timeouts" | "log" | "unwritable log";

export interface Shop {
  readonly port: number;
  readonly tcpPort: number;
  readonly nodes: Readonly<Record<string, NodeExtra>>;
  readonly routers: Readonly<Record<string, readonly Route[]>>;
  readonly services: Readonly<Record<string, Provider>>;
  /** Services that `front` calls. */
  readonly backends: readonly string[];
  /** Nodes whose clusters Envoy refuses. */
  readonly refused: readonly string[];
}

export interface Asked {
  readonly service: string;
  readonly path: string;
  readonly header: string | undefined;
  readonly method: "GET" | "POST";
}

/** Who may answer, and whether the answer may be another than a success. */
export interface Answer {
  readonly nodes: readonly string[];
  readonly mayFail: boolean;
}

const FAILS: Answer = { nodes: [], mayFail: true };

/** What the objects say about a request of `front`. */
export function answerOf(shop: Shop, asked: Asked): Answer {
  const provider = shop.backends.includes(asked.service) ? shop.services[asked.service] : undefined;
  switch (provider?.kind) {
    case "node":
      return answerBy(shop, { [provider.name]: 1 });
    case "router": {
      const routes = (shop.routers[provider.name] ?? []).toSorted((one, other) => one.priority - other.priority);
      const route = routes.find(({ match }) => matches(match, asked));
      return route === undefined ? FAILS : answerBy(shop, route.targets);
    }
    default:
      return FAILS;
  }
}

function answerBy(shop: Shop, targets: Readonly<Record<string, number>>): Answer {
  const wanted = Object.entries(targets).flatMap(([name, weight]) => (weight > 0 ? [name] : []));
  const nodes = wanted.filter((name) => name in shop.nodes);
  const mayFail =
    nodes.length === 0 || nodes.length < wanted.length || nodes.some((name) => shop.refused.includes(name));
  return { nodes, mayFail };
}

function matches(match: Match, { path, header, method }: Asked): boolean {
  if (match.kind === "broken") return false;
  return (
    (match.kind === "path" ? path === match.value : path.startsWith(match.value)) &&
    (match.header === undefined || match.header === header) &&
    (match.method === undefined || match.method === method)
  );
}

export const hostOf = (service: string): string => `${service}.shop.svc.cluster.local`;

/** Its objects. */
export function manifestOf(shop: Shop): string {
  const objects = [
    object("VirtualNode", "front", {
      backends: [...shop.backends, "db"].map((name) => ({ virtualService: { virtualServiceRef: { name } } })),
    }),
    object("VirtualNode", "db", nodeSpec("db", shop.tcpPort, "tcp", {})),
    object("VirtualService", "db", { awsName: hostOf("db"), provider: providerSpec({ kind: "node", name: "db" }) }),
    ...Object.entries(shop.nodes).map(([name, extra]) =>
      object("VirtualNode", name, { ...nodeSpec(name, shop.port, "http", listenerExtra(extra)), ...logging(extra) }),
    ),
    ...Object.entries(shop.routers).map(([name, routes]) =>
      object("VirtualRouter", name, {
        listeners: [{ portMapping: { port: shop.port, protocol: "http" } }],
        routes: routes.map(routeSpec),
      }),
    ),
    ...Object.entries(shop.services).map(([name, provider]) =>
      object("VirtualService", name, { awsName: hostOf(name), provider: providerSpec(provider) }),
    ),
  ];
  return [SHOP, ...objects.map((each) => stringify(each, { aliasDuplicateObjects: false }))].join("---\n");
}

function object(kind: string, name: string, spec: object): object {
  return { apiVersion: APPMESH_API_VERSION, kind, metadata: { name, namespace: "shop" }, spec };
}

function nodeSpec(name: string, port: number, protocol: "http" | "tcp", extra: object): object {
  return {
    listeners: [{ portMapping: { port, protocol }, ...extra }],
    serviceDiscovery: { dns: { hostname: hostOf(name) } },
  };
}

function listenerExtra(extra: NodeExtra): object {
  switch (extra) {
    case "pool":
      return { connectionPool: { http: { maxConnections: 500, maxPendingRequests: 500 } } };
    case "outliers": {
      const interval = { unit: "s", value: 10 };
      return {
        outlierDetection: { maxServerErrors: 500, interval, baseEjectionDuration: interval, maxEjectionPercent: 1 },
      };
    }
    case "timeouts":
      return { timeout: { http: { perRequest: { unit: "s", value: 20 }, idle: { unit: "s", value: 60 } } } };
    default:
      return {};
  }
}

function logging(extra: NodeExtra): object {
  if (extra !== "log" && extra !== "unwritable log") return {};
  const path = extra === "log" ? "/dev/null" : "/nowhere/at/all.log";
  return { logging: { accessLog: { file: { path } } } };
}

function providerSpec(provider: Provider): object {
  switch (provider.kind) {
    case "node":
      return { virtualNode: { virtualNodeRef: { name: provider.name } } };
    case "router":
      return { virtualRouter: { virtualRouterRef: { name: provider.name } } };
    case "none":
      return {};
  }
}

function routeSpec({ name, priority, match, targets, extra }: Route): object {
  const weightedTargets = Object.entries(targets).map(([target, weight]) => ({
    virtualNodeRef: { name: target },
    weight,
  }));
  const retryPolicy = { maxRetries: 2, perRetryTimeout: { unit: "s", value: 5 }, httpRetryEvents: ["server-error"] };
  return {
    name,
    priority,
    httpRoute: {
      match: matchSpec(match),
      action: { weightedTargets },
      ...(extra === "retries" && { retryPolicy }),
      ...(extra === "timeout" && { timeout: { perRequest: { unit: "s", value: 12 } } }),
    },
  };
}

function matchSpec(match: Match): object {
  if (match.kind === "broken") return { path: { regex: "/(?<=a)b" } };
  const { kind, value, header, method } = match;
  return {
    ...(kind === "path" ? { path: { exact: value } } : { prefix: value }),
    ...(header !== undefined && { headers: [{ name: "x-kind", match: { exact: header } }] }),
    ...(method !== undefined && { method }),
  };
}
