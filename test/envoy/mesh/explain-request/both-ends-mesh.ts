import { stringify } from "yaml";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Chance } from "../chaos/random.ts";
import { type Egress, maybe, object, shopWith } from "./objects.ts";
import { randomConditions, randomHeader, randomPath } from "./random-match.ts";
import { hostOfNode } from "./random-mesh.ts";
import { METHOD_NAMES, SERVICE_NAMES } from "./words.ts";

export const PROTOCOLS = ["http", "http2", "grpc", "tcp"] as const;
export type Protocol = (typeof PROTOCOLS)[number];
/** Where the listeners of a node are on loopback: one for each protocol. */
export type NodePorts = Readonly<Record<Protocol, number>>;

/** Ports that routers are called on; what two routers have for TCP is told apart by addresses. */
export const ROUTER_PORTS = [
  { port: 8080, protocol: "http" },
  { port: 8082, protocol: "http2" },
  { port: 9090, protocol: "grpc" },
  { port: 3306, protocol: "tcp" },
  { port: 6379, protocol: "tcp" },
] as const satisfies readonly { readonly port: number; readonly protocol: Protocol }[];

/** Milliseconds of short time-outs, so far apart that a busy machine does not change which of them acts first. */
export const SHORT = [400, 1000, 2300] as const;

export const SERVICES: readonly string[] = Array.from({ length: 20 }, (_, index) => `s${index}`);

/** A mesh of random services, routers of all protocols, and nodes with time-outs and pools of their own, with a node `front` that calls all of them. */
export function bothEndsMesh(nodes: readonly NodePorts[], egress: Egress, chance: Chance): string {
  // that of which no address is known takes what nobody else does
  const hasAddresses = chance.below(2) === 0;
  return [
    ...shopWith(egress),
    object("VirtualNode", "front", {
      backends: SERVICES.map((name) => ({ virtualService: { virtualServiceRef: { name } } })),
    }),
    ...nodes.map((ports, index) => node(index, ports, chance)),
    ...SERVICES.flatMap((name, index) => [
      ...(hasAddresses || chance.below(3) > 0 ? [kubernetesService(name, index)] : []),
      ...randomService(name, nodes, chance),
    ]),
  ]
    .map((each) => stringify(each))
    .join("---\n");
}

export function hostOfService(name: string): string {
  return `${name}.shop.svc.cluster.local`;
}

/** Of the Kubernetes Service of that number. */
export function addressOfService(index: number): string {
  return `10.97.1.${index + 1}`;
}

function kubernetesService(name: string, index: number): JsonObject {
  const spec = {
    clusterIP: addressOfService(index),
    ports: ROUTER_PORTS.map(({ port }) => ({ name: `p${port}`, port })),
  };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec };
}

function node(index: number, ports: NodePorts, chance: Chance): JsonObject {
  return object("VirtualNode", `n${index}`, {
    listeners: PROTOCOLS.map((protocol) => ({
      portMapping: { port: ports[protocol], protocol },
      ...(protocol !== "tcp" && maybe(chance, 2, { timeout: { [protocol]: randomTimeout(chance) } })),
    })),
    serviceDiscovery: { dns: { hostname: hostOfNode(index) } },
  });
}

function randomService(name: string, nodes: readonly NodePorts[], chance: Chance): readonly JsonObject[] {
  const awsName = hostOfService(name);
  const kind = chance.below(14);
  if (kind === 0) return [object("VirtualService", name, { awsName })];
  if (kind < 3) {
    const virtualNode = { virtualNodeRef: { name: `n${chance.below(nodes.length)}` } };
    return [object("VirtualService", name, { awsName, provider: { virtualNode } })];
  }
  const some = ROUTER_PORTS.filter(() => chance.below(3) > 0);
  const listeners = some.length > 0 ? some : ROUTER_PORTS;
  const routes = Array.from({ length: 2 + chance.below(7) }, (_, index) => {
    const on = chance.pick(listeners);
    const match = randomMatch(on.protocol, chance);
    return {
      ...randomRoute(`r${index}`, { ...on, match }, nodes, chance),
      ...maybe(chance, 2, { priority: chance.below(4) }),
    };
  });
  // so that many calls come to an app
  const everything = listeners
    .filter(() => chance.below(3) > 0)
    .map((on) => randomRoute(`all-${on.port}`, { ...on, match: EVERYTHING[on.protocol] }, nodes, chance));
  return [
    object("VirtualService", name, { awsName, provider: { virtualRouter: { virtualRouterRef: { name } } } }),
    object("VirtualRouter", name, {
      listeners: listeners.map((portMapping) => ({ portMapping: { ...portMapping } })),
      routes: [...routes, ...everything],
    }),
  ];
}

const EVERYTHING = { http: { prefix: "/" }, http2: { prefix: "/" }, grpc: {}, tcp: {} } as const;
const FIELDS = { http: "httpRoute", http2: "http2Route", grpc: "grpcRoute", tcp: "tcpRoute" } as const;

function randomRoute(
  name: string,
  on: { readonly port: number; readonly protocol: Protocol; readonly match: JsonObject },
  nodes: readonly NodePorts[],
  chance: Chance,
): JsonObject {
  const { protocol } = on;
  const match = { ...on.match, ...maybe(chance, 3, { port: on.port }) };
  return {
    name,
    [FIELDS[protocol]]: {
      ...((protocol !== "tcp" || Object.keys(match).length > 0) && { match }),
      action: { weightedTargets: randomTargets(protocol, nodes, chance) },
      ...(protocol === "tcp"
        ? {}
        : {
            ...maybe(chance, 2, { timeout: randomTimeout(chance) }),
            ...maybe(chance, 2, { retryPolicy: randomPolicy(protocol, chance) }),
          }),
    },
  };
}

function randomMatch(protocol: Protocol, chance: Chance): JsonObject {
  switch (protocol) {
    case "tcp":
      return {};
    case "grpc":
      return randomCall(chance);
    default:
      return { ...randomPath(chance), ...randomConditions(chance) };
  }
}

function randomCall(chance: Chance): JsonObject {
  const metadata = Array.from({ length: Math.max(0, chance.below(5) - 2) }, () => randomHeader(chance));
  const service = chance.below(2) > 0 ? { serviceName: chance.pick(SERVICE_NAMES) } : {};
  return {
    ...service,
    ...maybe(chance, 4, { methodName: chance.pick(METHOD_NAMES) }),
    ...(metadata.length > 0 && { metadata }),
  };
}

/** Mostly of nodes' listeners of the same protocol, and at times of any. */
function randomTargets(protocol: Protocol, nodes: readonly NodePorts[], chance: Chance): JsonObject[] {
  const target = (weight: number): JsonObject => {
    const isGone = chance.below(12) === 0;
    const index = chance.below(nodes.length);
    const spoken = chance.below(6) === 0 ? chance.pick(PROTOCOLS) : protocol;
    const name = isGone ? "gone" : `n${index}`;
    return { virtualNodeRef: { name }, port: nodes[index]?.[spoken] ?? 0, weight };
  };
  if (chance.below(10) === 0) return [target(0)];
  if (chance.below(3) > 0) return [target(1)];
  return [target(chance.below(100)), target(1 + chance.below(99)), target(0)];
}

function randomTimeout(chance: Chance): JsonObject {
  const of = (): JsonObject =>
    chance.pick([
      { unit: "ms", value: chance.pick(SHORT) },
      { unit: "s", value: 0 },
      { unit: "s", value: 60 },
    ]);
  return { ...maybe(chance, 2, { perRequest: of() }), ...maybe(chance, 4, { idle: of() }) };
}

const EVENTS = {
  httpRetryEvents: ["server-error", "gateway-error", "client-error", "stream-error"],
  tcpRetryEvents: ["connection-error"],
  grpcRetryEvents: ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"],
} as const;

function randomPolicy(protocol: Protocol, chance: Chance): JsonObject {
  const events = Object.entries(EVENTS).flatMap(([field, all]) => {
    const some = all.filter(() => chance.below(2) === 0);
    const isKnown = field !== "grpcRetryEvents" || protocol === "grpc";
    return isKnown && some.length > 0 && chance.below(3) > 0 ? [[field, some] as const] : [];
  });
  return {
    maxRetries: chance.below(4),
    perRetryTimeout: chance.pick([
      { unit: "s", value: 50 },
      { unit: "ms", value: chance.pick(SHORT) },
      { unit: "s", value: 0 },
    ]),
    ...Object.fromEntries(events),
  };
}
