import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../../../src/model/json.ts";
import { APPMESH_API_VERSION } from "../../../../src/model/kinds.ts";
import { SHOP } from "../../../shop-manifest.ts";
import { podAddress } from "./places.ts";
import { REFUSED_CHECK } from "./refused.ts";
import {
  type Caller,
  type GatewayRoute,
  hostOf,
  type Match,
  type Node,
  type NodeExtra,
  POOLS,
  type Pod,
  type Protocol,
  type Provider,
  protocolOf,
  type Route,
  type Shop,
} from "./shop.ts";
import { listenerBlock, policyBlock } from "./tls.ts";

/** The objects of a mesh: those of App Mesh, and Services, EndpointSlices and pods. */
export function objectsOf(shop: Shop): readonly JsonObject[] {
  const { ports, nodes, pods, routers, services, gatewayRoutes, tls, tlsSources } = shop;
  const policy = (by: Caller): JsonObject => policyBlock(tls.policies[by], ports.http, tlsSources);
  // its node has no TLS, which a policy may demand
  const marker = { virtualService: { virtualServiceRef: { name: "marker" }, clientPolicy: {} } };
  return [
    ...parseAllDocuments(SHOP).map((document) => document.toJS() as JsonObject),
    caller(shop, "front", {
      backends: [...[...shop.backends.front, "db"].map(backend), marker],
      backendDefaults: policy("front"),
    }),
    caller(shop, "side", { backends: [...shop.backends.side.map(backend), marker], backendDefaults: policy("side") }),
    object("VirtualGateway", "door", {
      namespaceSelector: {},
      podSelector: { matchLabels: { node: "door" } },
      listeners: Object.entries(ports.door).map(([protocol, port]) => ({ portMapping: { port, protocol } })),
      backendDefaults: policy("door"),
      ...logging(shop.logging.includes("door") ? "log" : "none"),
    }),
    ...markers(shop),
    object("VirtualNode", "db", nodeSpec("db", ports.tcp, "tcp", {})),
    object("VirtualService", "db", { awsName: hostOf("db"), provider: providerSpec({ kind: "node", name: "db" }) }),
    ...Object.entries(nodes).map(([name, node]) => nodeObject(shop, name, node)),
    ...Object.entries(routers).map(([name, routes]) => routerObject(shop, name, routes)),
    ...Object.entries(services).map(([name, provider]) =>
      object("VirtualService", name, { awsName: hostOf(name), provider: providerSpec(provider) }),
    ),
    ...gatewayRoutes.map(gatewayRouteObject),
    ...POOLS.flatMap((name) => serviceAndSlice(name, pods, ports.http)),
    ...Object.entries(pods).map(([name, pod]) => podObject(name, pod)),
  ];
}

/** What answers to the numbers of the last edits, so that a caller that has one of them has whatever was edited before it. */
function markers({ edit, ports }: Shop): readonly JsonObject[] {
  const numbers = Array.from({ length: MARKED }, (_, index) => edit - index);
  const match = { path: { regex: `${MARKER_PATH}(${numbers.filter((number) => number >= 0).join("|")})` } };
  const weightedTargets = [{ virtualNodeRef: { name: "marker" }, weight: 1 }];
  const provider = providerSpec({ kind: "router", name: "marker" });
  return [
    object("VirtualNode", "marker", nodeSpec("marker", ports.http, "http", {})),
    object("VirtualService", "marker", { awsName: hostOf("marker"), provider }),
    object("VirtualRouter", "marker", {
      listeners: [{ portMapping: { port: ports.http, protocol: "http" } }],
      routes: [{ name: "marker", httpRoute: { match, action: { weightedTargets } } }],
    }),
    object("GatewayRoute", "marker", {
      priority: 1_000,
      httpRoute: { match, action: { target: { virtualService: { virtualServiceRef: { name: "marker" } } } } },
    }),
  ];
}

/** Under which each edit has its number. */
export const MARKER_PATH = "/marker/";
/** How many of the last edits have it. */
export const MARKED = 60;

function object(kind: string, name: string, spec: object): JsonObject {
  const metadata = { name, namespace: "shop" };
  return { apiVersion: APPMESH_API_VERSION, kind, metadata, spec: spec as JsonObject };
}

function backend(name: string): JsonObject {
  return { virtualService: { virtualServiceRef: { name } } };
}

function caller(shop: Shop, name: Caller, spec: JsonObject): JsonObject {
  return object("VirtualNode", name, {
    podSelector: { matchLabels: { node: name } },
    ...spec,
    ...logging(shop.logging.includes(name) ? "log" : "none"),
  });
}

function nodeObject(shop: Shop, name: string, { extra, speaks, discovery }: Node): JsonObject {
  const { ports, refused, tls, tlsSources } = shop;
  const own = protocolOf(name);
  const protocol = own === "http" ? speaks : own;
  const listener = {
    ...listenerExtra(extra, protocol),
    ...(refused.includes(name) && REFUSED_CHECK),
    ...listenerBlock(tls.listeners[name], name, tlsSources),
  };
  const spec = { ...nodeSpec(name, ports[own], protocol, listener), ...logging(extra) };
  const made = object("VirtualNode", name, { podSelector: { matchLabels: { node: name } }, ...spec });
  switch (discovery.kind) {
    case "dns":
      return made;
    case "slices":
      return {
        ...made,
        metadata: { name, namespace: "shop", annotations: { "outrigger.dev/discovery": "endpoints" } },
      };
    case "listed": {
      const addresses = Object.entries(shop.pods).flatMap(([pod, { pool, isReady }]) =>
        pool === name && isReady ? [podAddress(pod)] : [],
      );
      const annotations = { "outrigger.dev/endpoints": addresses.join(", ") };
      // it counts where the node selects no pods
      return { ...object("VirtualNode", name, spec), metadata: { name, namespace: "shop", annotations } };
    }
    case "cloudMap": {
      const { service, version } = discovery;
      const attributes = version === undefined ? [] : [{ key: "version", value: version }];
      const awsCloudMap = { namespaceName: "pools", serviceName: service, attributes };
      const podSelector = { matchLabels: { node: name } };
      return object("VirtualNode", name, { ...spec, podSelector, serviceDiscovery: { awsCloudMap } });
    }
  }
}

function nodeSpec(name: string, port: number, protocol: Protocol | "http2", extra: object): JsonObject {
  return {
    listeners: [{ portMapping: { port, protocol }, ...extra }],
    serviceDiscovery: { dns: { hostname: hostOf(name) } },
  };
}

function listenerExtra(extra: NodeExtra, protocol: Protocol | "http2"): JsonObject {
  switch (extra) {
    case "pool":
      return {
        connectionPool:
          protocol === "http2"
            ? { http2: { maxRequests: 500 } }
            : { http: { maxConnections: 500, maxPendingRequests: 500 } },
      };
    case "health check": {
      const times = { intervalMillis: 5_000, timeoutMillis: 2_000, healthyThreshold: 2, unhealthyThreshold: 2 };
      return { healthCheck: { protocol, path: "/", ...times } };
    }
    case "outliers": {
      const interval = { unit: "s", value: 10 };
      return {
        outlierDetection: { maxServerErrors: 500, interval, baseEjectionDuration: interval, maxEjectionPercent: 1 },
      };
    }
    case "timeouts":
      return { timeout: { [protocol]: { perRequest: { unit: "s", value: 20 }, idle: { unit: "s", value: 60 } } } };
    default:
      return {};
  }
}

function logging(extra: NodeExtra): JsonObject {
  if (extra !== "log" && extra !== "unwritable log") return {};
  const path = extra === "log" ? "/dev/stdout" : "/nowhere/at/all.log";
  return { logging: { accessLog: { file: { path } } } };
}

function providerSpec(provider: Provider): JsonObject {
  switch (provider.kind) {
    case "node":
      return { virtualNode: { virtualNodeRef: { name: provider.name } } };
    case "router":
      return { virtualRouter: { virtualRouterRef: { name: provider.name } } };
    case "none":
      return {};
  }
}

function routerObject({ ports }: Shop, name: string, routes: readonly Route[]): JsonObject {
  const protocol = protocolOf(name);
  const port = protocol === "tcp" ? (ports.streams[Number(name.split("-").at(-1))] ?? 0) : ports[protocol];
  return object("VirtualRouter", name, {
    listeners: [{ portMapping: { port, protocol } }],
    routes: routes.map((route) => routeSpec(protocol, route)),
  });
}

function routeSpec(protocol: Protocol, { name, priority, match, targets, extra }: Route): JsonObject {
  const weightedTargets = Object.entries(targets).map(([target, weight]) => ({
    virtualNodeRef: { name: target },
    weight,
  }));
  const action = { weightedTargets };
  if (protocol === "tcp") {
    return { name, tcpRoute: { action, ...(extra === "timeout" && { timeout: { idle: { unit: "s", value: 900 } } }) } };
  }
  const tries = { maxRetries: 2, perRetryTimeout: { unit: "s", value: 5 } };
  const retryPolicy = { ...tries, httpRetryEvents: ["server-error"] };
  const rest = {
    action,
    ...(extra === "retries" && { retryPolicy }),
    ...(extra === "timeout" && { timeout: { perRequest: { unit: "s", value: 12 } } }),
  };
  if (protocol === "grpc") return { name, priority, grpcRoute: { match: grpcMatch(match, "methodName"), ...rest } };
  return { name, priority, httpRoute: { match: httpMatch(match), ...rest } };
}

function httpMatch(match: Match): JsonObject {
  if (match.kind === "broken") return { path: { regex: "/(?<=a)b" } };
  const { kind, value, header, method } = match;
  return {
    ...(kind === "path" ? { path: { exact: value } } : { prefix: value }),
    ...(header !== undefined && { headers: [{ name: "x-kind", match: { exact: header } }] }),
    ...(method !== undefined && { method }),
  };
}

/** A gateway's routes know no methods. */
function grpcMatch(match: Match, methods: "methodName" | "none"): JsonObject {
  if (match.kind === "broken") return { metadata: [{ name: "x-kind", match: { regex: "(?<=a)b" } }] };
  const [, serviceName = "", methodName] = match.value.split("/");
  return {
    ...(serviceName !== "" && { serviceName }),
    ...(methods === "methodName" && match.kind === "path" && { methodName: methodName ?? "" }),
    ...(match.header !== undefined && { metadata: [{ name: "x-kind", match: { exact: match.header } }] }),
  };
}

const gatewayRouteName = ({ protocol, priority }: GatewayRoute): string => `gate-${protocol}-${priority}`;

function gatewayRouteObject(route: GatewayRoute): JsonObject {
  const { protocol, priority, match, host, service, rewrite } = route;
  const hostname = host === undefined ? {} : { hostname: { [host.kind]: host.value } };
  const kept = protocol === "http" && rewrite === "kept" && { rewrite: { prefix: { defaultPrefix: "DISABLED" } } };
  const action = { target: { virtualService: { virtualServiceRef: { name: service } } }, ...kept };
  const spec =
    protocol === "grpc"
      ? { grpcRoute: { match: { ...grpcMatch(match, "none"), ...hostname }, action } }
      : { httpRoute: { match: { ...httpMatch(match), ...hostname }, action } };
  return object("GatewayRoute", gatewayRouteName(route), { priority, ...spec });
}

/** The Service of a pool's name, and where its pods are. */
function serviceAndSlice(name: string, pods: Shop["pods"], port: number): readonly JsonObject[] {
  const metadata = { name, namespace: "shop" };
  const endpoints = Object.entries(pods).flatMap(([pod, { pool, isReady }]) =>
    pool === name ? [{ addresses: [podAddress(pod)], conditions: { ready: isReady } }] : [],
  );
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { node: name }, ports: [{ port }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: `${name}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints,
      ports: [{ port }],
    },
  ];
}

function podObject(name: string, { pool, isReady }: Pod): JsonObject {
  const ip = podAddress(name);
  const status = isReady ? "True" : "False";
  const conditions = ["ContainersReady", "Ready"].map((type) => ({ type, status }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "shop", labels: { node: pool } },
    spec: {
      serviceAccountName: "default",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: "app" }],
    },
    status: { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions },
  };
}
