import type { Tls, TlsSources } from "./tls.ts";

/*
 * A mesh of some ninety objects as plain values, of which a test knows by itself what they come to: every match is one of few kinds, and no
 * two routes of a router, or of a gateway's protocol, have the same priority.
 */

/** What is spoken between apps. Nodes, routers and services of one protocol refer to each other only. */
export type Protocol = "http" | "grpc" | "tcp";

/** Who calls: two nodes, and a gateway through which strangers come in. */
export const CALLERS = ["front", "side", "door"] as const;
export type Caller = (typeof CALLERS)[number];

/** Everything that is edited. */
export const NAMES: Readonly<Record<Protocol, Readonly<Record<"nodes" | "routers" | "services", readonly string[]>>>> =
  {
    http: {
      nodes: [...names("node", 24), ...names("pool", 4)],
      routers: names("router", 16),
      services: names("service", 16),
    },
    grpc: { nodes: names("rpc", 6), routers: names("calls-router", 4), services: names("calls", 4) },
    tcp: { nodes: names("store", 4), routers: names("stream-router", 3), services: names("stream", 3) },
  };

/** Nodes of HTTP whose instances are pods, found in one way or another. */
export const POOLS = NAMES.http.nodes.filter((name) => name.startsWith("pool-"));
/** Pods that one of the pools has. */
export const PODS = names("pod", 8);
/** Nodes of HTTP that have an Envoy before their app; nobody deletes them, as without a node it would have no configuration here. */
export const WITH_ENVOY = ["node-0", "node-1", "node-2"] as const;

function names(of: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${of}-${index}`);
}

export interface Route {
  readonly name: string;
  readonly priority: number;
  readonly match: Match;
  /** Weights by the names of nodes. */
  readonly targets: Readonly<Record<string, number>>;
  readonly extra: "none" | "retries" | "timeout";
}

/** Of gRPC a prefix is a service, a path a method, and a header metadata. */
export type Match =
  | {
      readonly kind: "prefix" | "path";
      readonly value: string;
      readonly header?: string;
      readonly method?: "GET" | "POST";
    }
  /** What no RE2 is: it is left out. */
  | { readonly kind: "broken" };

export interface GatewayRoute {
  readonly protocol: "http" | "grpc";
  readonly priority: number;
  readonly match: Match;
  readonly host: { readonly kind: "exact" | "suffix"; readonly value: string } | undefined;
  readonly service: string;
  /** What becomes of a prefix. */
  readonly rewrite: "default" | "kept";
}

export type Provider = { readonly kind: "node" | "router"; readonly name: string } | { readonly kind: "none" };

/** A block that a node's listener may have, which changes nothing of who answers. */
export type NodeExtra = "none" | "pool" | "outliers" | "health check" | "timeouts" | "log" | "unwritable log";

export interface Node {
  readonly extra: NodeExtra;
  /** How a node of HTTP is spoken to; its app takes all of them. */
  readonly speaks: "http" | "http2" | "grpc";
  readonly discovery: Discovery;
}

/** How the instances of a node are found. */
export type Discovery =
  | { readonly kind: "dns" }
  /** By the EndpointSlices of its Service. */
  | { readonly kind: "slices" }
  /** By the annotation that lists its addresses. */
  | { readonly kind: "listed" }
  | {
      readonly kind: "cloudMap";
      readonly service: "one" | "two";
      /** Of the attribute `version`. */
      readonly version: "a" | "b" | undefined;
    };

export interface Pod {
  /** Its label. */
  readonly pool: string;
  readonly isReady: boolean;
}

export interface Ports {
  readonly http: number;
  readonly grpc: number;
  /** Where nodes of TCP listen. */
  readonly tcp: number;
  /** Where each service of TCP is called. */
  readonly streams: readonly number[];
  /** Listeners of the gateway. */
  readonly door: Readonly<Record<"http" | "grpc", number>>;
}

export interface Shop {
  /** How often it was edited; the service `marker` answers to this number, and to some before it. */
  readonly edit: number;
  readonly ports: Ports;
  readonly nodes: Readonly<Record<string, Node>>;
  readonly pods: Readonly<Record<string, Pod>>;
  readonly routers: Readonly<Record<string, readonly Route[]>>;
  readonly services: Readonly<Record<string, Provider>>;
  readonly gatewayRoutes: readonly GatewayRoute[];
  /** Services that each node calls; a gateway may call all. */
  readonly backends: Readonly<Record<"front" | "side", readonly string[]>>;
  /** Callers with an access log. */
  readonly logging: readonly Caller[];
  readonly tls: Tls;
  readonly tlsSources: TlsSources;
  /** Nodes whose clusters Envoy refuses. */
  readonly refused: readonly string[];
}

export interface Asked {
  readonly by: Caller;
  readonly protocol: Protocol;
  /** Of a node's call. */
  readonly service: string;
  /** Of a stranger's. */
  readonly host: string;
  readonly path: string;
  readonly header: string | undefined;
  readonly method: "GET" | "POST";
}

export const hostOf = (service: string): string => `${service}.shop.svc.cluster.local`;

export function protocolOf(name: string): Protocol {
  const found = (Object.keys(NAMES) as Protocol[]).find((protocol) =>
    Object.values(NAMES[protocol]).some((all) => all.includes(name)),
  );
  if (found === undefined) throw new Error(`nothing is called ${name}`);
  return found;
}
