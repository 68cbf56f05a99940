import { stringify } from "yaml";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Chance } from "../chaos/random.ts";
import { type Egress, maybe, object, shopWith } from "./objects.ts";
import { randomConditions, randomPath } from "./random-match.ts";
import { HOSTS, PATHS, REPEATED } from "./words.ts";

/** Ports of loopback for a mesh: those that routers are called on, that of the gateway, and one a node. */
export interface MeshPorts {
  readonly routers: readonly [number, number];
  readonly gateway: number;
  readonly nodes: readonly number[];
}

/** Milliseconds of a short time-out. */
const SHORT = [150, 300] as const;

/** A mesh of random services, routers, routes and gateway routes, with a node `front` that calls all of them and a gateway `door`. */
export function randomMesh(ports: MeshPorts, egress: Egress, chance: Chance): string {
  const services = Array.from({ length: 16 }, (_, index) => `s${index}`);
  const nodes = ports.nodes.map((port, index) =>
    object("VirtualNode", `n${index}`, {
      listeners: [{ portMapping: { port, protocol: "http" } }],
      serviceDiscovery: { dns: { hostname: hostOfNode(index) } },
    }),
  );
  const backends = [...services, "echo", "joined"].map((name) => ({ virtualService: { virtualServiceRef: { name } } }));
  return [
    ...shopWith(egress),
    object("VirtualNode", "front", { backends }),
    ...nodes,
    ...routed("echo", "echo.shop", ports, [{ name: "all", httpRoute: { match: { prefix: "/" }, action: to([0, 1]) } }]),
    ...routed("joined", "joined.shop", ports, REPEATED.map(joining)),
    ...services.flatMap((name, index) => randomService(name, HOSTS[index] ?? `${name}.shop`, ports, chance)),
    object("VirtualGateway", "door", {
      namespaceSelector: {},
      listeners: [{ portMapping: { port: ports.gateway, protocol: "http" } }],
    }),
    ...Array.from({ length: 14 }, (_, index) => randomGatewayRoute(`g${index}`, services, ports, chance)),
  ]
    .map((each) => stringify(each))
    .join("---\n");
}

export function hostOfNode(index: number): string {
  return `n${index}.shop.svc.cluster.local`;
}

function randomService(name: string, awsName: string, ports: MeshPorts, chance: Chance): readonly JsonObject[] {
  const kind = chance.below(12);
  if (kind === 0) return [object("VirtualService", name, { awsName })];
  if (kind === 1) {
    const virtualNode = { virtualNodeRef: { name: `n${chance.below(ports.nodes.length)}` } };
    return [object("VirtualService", name, { awsName, provider: { virtualNode } })];
  }
  const routes = Array.from({ length: 1 + chance.below(6) }, (_, index) => randomRoute(`r${index}`, ports, chance));
  return routed(name, awsName, ports, routes);
}

function routed(name: string, awsName: string, { routers }: MeshPorts, routes: readonly JsonObject[]) {
  return [
    object("VirtualService", name, { awsName, provider: { virtualRouter: { virtualRouterRef: { name } } } }),
    object("VirtualRouter", name, {
      listeners: routers.map((port) => ({ portMapping: { port, protocol: "http" } })),
      routes: [...routes],
    }),
  ];
}

function randomRoute(name: string, ports: MeshPorts, chance: Chance): JsonObject {
  const match = { ...randomPath(chance), ...randomConditions(chance) };
  const port = chance.below(4) === 0 ? { port: chance.pick(ports.routers) } : {};
  const timeout = { perRequest: { unit: "ms", value: chance.pick(SHORT) } };
  return {
    name,
    ...maybe(chance, 2, { priority: chance.below(4) }),
    httpRoute: {
      match: { ...match, ...port },
      action: to(randomWeights(ports.nodes.length, chance)),
      ...maybe(chance, 2, { timeout }),
      ...maybe(chance, 2, { retryPolicy: randomPolicy(chance) }),
    },
  };
}

function randomPolicy(chance: Chance): JsonObject {
  const events = ["server-error", "gateway-error", "client-error", "stream-error"].filter(() => chance.below(2) === 0);
  return {
    maxRetries: chance.below(4),
    perRetryTimeout: { unit: "s", value: 5 },
    ...(events.length > 0 ? { httpRetryEvents: events } : { tcpRetryEvents: ["connection-error"] }),
  };
}

/** A route that takes a header which is sent twice, as `a` and as `b`, where its lines are joined. */
function joining(name: string, index: number): JsonObject {
  const headers = [{ name, match: { exact: "a,b" } }];
  return { name: `h${index}`, httpRoute: { match: { prefix: `/h${index}/`, headers }, action: to([0]) } };
}

/** By node; undefined: a node that is not there. */
type Weights = readonly (readonly [node: number | undefined, weight: number])[];

function randomWeights(nodes: number, chance: Chance): Weights {
  const kind = chance.below(8);
  if (kind === 0) return [[chance.below(nodes), 0]];
  if (kind === 1) return [[undefined, 1]];
  if (kind === 2) {
    return [
      [undefined, 20],
      [chance.below(nodes), 80],
    ];
  }
  if (kind < 5) {
    return [
      [chance.below(nodes), chance.below(100)],
      [chance.below(nodes), 1 + chance.below(99)],
      [chance.below(nodes), 0],
    ];
  }
  return [[chance.below(nodes), 1]];
}

/** A number alone: a node with all of it. */
function to(weights: Weights | readonly number[]): JsonObject {
  const weightedTargets = weights.map((each) => {
    const [node, weight] = typeof each === "number" ? [each, 1] : each;
    return { virtualNodeRef: { name: node === undefined ? "gone" : `n${node}` }, weight };
  });
  return { weightedTargets };
}

function randomGatewayRoute(name: string, services: readonly string[], ports: MeshPorts, chance: Chance): JsonObject {
  const whole = chance.below(3) === 0;
  const prefix = chance.pick(["/", "/", ...PATHS]);
  const path = whole ? { path: { exact: chance.pick(PATHS) } } : { prefix };
  const hostname = chance.pick<JsonObject | undefined>([
    undefined,
    undefined,
    { exact: "One.example.com" },
    { exact: "two.example.com" },
    { suffix: ".example.com" },
    { suffix: "example.com" },
    { suffix: ".deep.example.com" },
  ]);
  const rewritten = whole
    ? { path: { exact: chance.pick(PATHS) } }
    : { prefix: chance.pick([{ value: "/in/" }, { value: "/" }, { defaultPrefix: "DISABLED" }]) };
  const rewrite = {
    ...maybe(chance, 2, rewritten),
    ...maybe(chance, 2, { hostname: { defaultTargetHostname: chance.pick(["ENABLED", "DISABLED"]) } }),
  };
  const target = {
    virtualService: { virtualServiceRef: { name: chance.pick([...services, "echo"]) } },
    port: chance.pick(ports.routers),
  };
  return object("GatewayRoute", name, {
    ...maybe(chance, 2, { priority: chance.below(3) }),
    httpRoute: {
      match: { ...path, ...(hostname && { hostname }), ...randomConditions(chance) },
      action: { target, ...(Object.keys(rewrite).length > 0 && { rewrite }) },
    },
  });
}
