import type { Protocol } from "../model/field-types.ts";
import type { ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { impossibleName, unmeetable, unmeetableCall } from "../model/never-matches.ts";
import { unreadableMatch } from "../model/regular-expression.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import type { GrpcRoute, Route, WeightedTarget } from "../model/virtual-router.ts";
import { matchFaults, sayFaults } from "./match-faults.ts";
import type { MeshReader } from "./mesh-state.ts";
import { sayServiceFlaw } from "./named-services.ts";
import { carrying, notCarried, notUnderstood } from "./protocols.ts";
import { type Say, SILENT } from "./report.ts";
import { resolveLink } from "./resolve-reference.ts";
import { shadowedRoutes, whyBefore } from "./shadowed-routes.ts";
import { type Cap, requestCap, type Timeouts, timeoutView } from "./timeouts.ts";
import type { RouterListenerView, RouterView, RouteTargetView, RouteView } from "./view.ts";

/** The listeners of target nodes that routes send to, by the node's name in App Mesh. */
export type Used = Map<string, { readonly ref: ObjectRef<"VirtualNode">; readonly ports: Set<number> }>;

/** What a router's routes come to; the nodes that they reach are added to `used`. */
export function resolveRouter(
  { ref, awsName }: { readonly ref: ObjectRef<"VirtualRouter">; readonly awsName: string },
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  used: Used,
  say: Say,
): RouterView | undefined {
  const router = reader.object(ref);
  if (router === undefined) return undefined;
  const routes = routesOf(router, mesh, reader, used, say);
  if (say !== SILENT) sayShadowed(router, routes, say);
  const listeners = (router.spec.listeners ?? []).map(({ portMapping: { port, protocol } }): RouterListenerView => {
    const own = routes.filter(({ on }) => on.includes(port));
    return { port, protocol, routes: own.map(({ view }) => view) };
  });
  if (listeners.length === 0) {
    say(
      "no-target",
      "spec.listeners",
      "the router has no listener, so nobody can call it",
      "add the port that clients call",
    );
  }
  if (listeners.length > 0 && (router.spec.routes ?? []).length === 0) {
    say("no-target", "spec.routes", "the router has no route, so nobody answers", "add a route");
  }
  return { object: ref, name: awsName, listeners: firstOfEachPort(listeners) };
}

function sayShadowed({ spec }: TypedObject<"VirtualRouter">, routes: readonly ResolvedRoute[], say: Say): void {
  const placed = routes.map(({ on, view }) => ({ on, route: view }));
  for (const { shadowed, by } of shadowedRoutes(placed)) {
    const index = (spec.routes ?? []).findIndex(({ name }) => name === shadowed.route.name);
    const found = `it never gets a request: route ${by.route.name}, ${whyBefore(by, shadowed)}, takes all of them`;
    const help = "give it a smaller priority than that one has, give that one another match, or remove one of the two";
    say("shadowed-route", `spec.routes[${index}]`, found, help);
  }
}

/** Routes of a router whose expressions are read, at some milliseconds each at worst: App Mesh had 50 routes at most. */
const MOST_READ = 200;

interface ResolvedRoute {
  /** Ports of the router. */
  readonly on: readonly number[];
  readonly view: RouteView;
}

function routesOf(
  { metadata, spec }: TypedObject<"VirtualRouter">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  used: Used,
  say: Say,
): readonly ResolvedRoute[] {
  const ref = { kind: "VirtualRouter", namespace: metadata.namespace, name: metadata.name } as const;
  const listeners = (spec.listeners ?? []).map(({ portMapping }) => portMapping);
  const names = new Set<string>();
  return (spec.routes ?? []).flatMap((route, index) => {
    const path = `spec.routes[${index}]`;
    if (names.has(route.name)) {
      say("route-named-twice", path, `another route is called ${route.name} too`, "give each route a name of its own");
      return [];
    }
    names.add(route.name);
    const typed = typeOf(route, path, say);
    if (typed === undefined) return [];
    const { protocol, given, field } = typed;
    const port = given.match?.port || undefined;
    const serving = listeners.filter((listener) => port === undefined || listener.port === port);
    if (port !== undefined && serving.length === 0) {
      const ports = listeners.map((listener) => listener.port).join(", ");
      say(
        "port-mismatch",
        `${path}.${field}.match.port`,
        `the router has no listener on port ${port}; it has ${ports || "none"}`,
        "name one of the router's ports",
      );
      return [];
    }
    const on = carrying(protocol, serving).map((listener) => listener.port);
    if (listeners.length > 0 && on.length === 0) {
      const spoken = serving.map((listener) => listener.protocol);
      const { message, help } = notCarried(protocol, spoken);
      say("protocol-mismatch", `${path}.${field}`, message, help);
      return [];
    }
    const impossible = typed.protocol === "tcp" ? undefined : impossibleName(typed.given.match);
    if (impossible !== undefined) {
      const found = "no request can have this name, so the route is left out";
      say("never-matches", `${path}.${field}.match.${impossible}`, found, "correct the name");
      return [];
    }
    if (typed.protocol === "grpc" && isMethodAlone(typed.given.match)) {
      const found = "a method belongs to a service, and none is named, so the route is left out, as App Mesh had it";
      say("never-matches", `${path}.${field}.match.methodName`, found, "name the service too");
      return [];
    }
    if (say !== SILENT && typed.protocol !== "tcp") {
      const unmet = typed.protocol === "grpc" ? unmeetableCall(typed.given.match) : unmeetable(typed.given.match);
      if (unmet !== undefined) say("never-matches", `${path}.${field}.match.${unmet.at}`, unmet.found, unmet.help);
    }
    const isAsked = typed.protocol !== "tcp" && index < MOST_READ;
    const unreadable = isAsked ? unreadableMatch(typed.given.match) : undefined;
    if (unreadable !== undefined) {
      const found = `Envoy would refuse this regular expression, so the route is left out: ${unreadable.problem}`;
      say(
        "bad-expression",
        `${path}.${field}.match.${unreadable.at}`,
        found,
        "write it as RE2 has it, without look-around and back references",
      );
      return [];
    }
    if (say !== SILENT && typed.protocol !== "tcp") {
      // what never matches was looked for above
      const faults = matchFaults(typed.given.match, `${path}.${field}.match`);
      sayFaults(
        faults.filter(({ code }) => code !== "never-matches"),
        say,
      );
    }
    const at = { ref, mesh, path: `${path}.${field}.action.weightedTargets`, timeout: given.timeout };
    const targets = given.action.weightedTargets.map((target, place) =>
      targetOf(target, protocol, { ...at, path: `${at.path}[${place}]` }, reader, used, say),
    );
    if (targets.every(({ weight }) => weight === 0)) {
      say("no-target", at.path, "all weights are 0, so nobody answers", "give one target a weight");
    }
    const common = { name: route.name, priority: route.priority, targets, timeout: timeoutView(given.timeout) };
    return [{ on, view: { ...common, ...matching(typed) } }];
  });
}

type TypedRoute =
  | { readonly protocol: "http" | "http2"; readonly field: string; readonly given: NonNullable<Route["httpRoute"]> }
  | { readonly protocol: "grpc"; readonly field: string; readonly given: NonNullable<Route["grpcRoute"]> }
  | { readonly protocol: "tcp"; readonly field: string; readonly given: NonNullable<Route["tcpRoute"]> };

/** The one type that a route has. */
function typeOf({ httpRoute, http2Route, grpcRoute, tcpRoute }: Route, path: string, say: Say): TypedRoute | undefined {
  const types: TypedRoute[] = [];
  if (httpRoute) types.push({ protocol: "http", field: "httpRoute", given: httpRoute });
  if (http2Route) types.push({ protocol: "http2", field: "http2Route", given: http2Route });
  if (grpcRoute) types.push({ protocol: "grpc", field: "grpcRoute", given: grpcRoute });
  if (tcpRoute) types.push({ protocol: "tcp", field: "tcpRoute", given: tcpRoute });
  const [only, ...others] = types;
  if (only !== undefined && others.length === 0) return only;
  const found = only === undefined ? "none" : types.map(({ field }) => field).join(" and ");
  say(
    "ambiguous-field",
    path,
    `a route has exactly one of httpRoute, http2Route, grpcRoute and tcpRoute, this has ${found}`,
    "give one",
  );
  return undefined;
}

function isMethodAlone({ serviceName = "", methodName }: GrpcRoute["match"]): boolean {
  return serviceName === "" && methodName !== undefined;
}

function matching(route: TypedRoute) {
  switch (route.protocol) {
    case "tcp":
      return { protocol: route.protocol };
    case "grpc":
      return { protocol: route.protocol, match: route.given.match, retryPolicy: route.given.retryPolicy };
    default:
      return { protocol: route.protocol, match: route.given.match, retryPolicy: route.given.retryPolicy };
  }
}

function targetOf(
  { virtualNodeRef, virtualNodeARN, port, weight }: WeightedTarget,
  protocol: Protocol,
  from: {
    readonly ref: ObjectRef;
    readonly mesh: ObjectRef<"Mesh">;
    readonly path: string;
    readonly timeout: Timeouts | undefined;
  },
  reader: MeshReader,
  used: Used,
  say: Say,
): RouteTargetView {
  const link = resolveLink("VirtualNode", { reference: virtualNodeRef, arn: virtualNodeARN }, from, reader, say);
  if (link.kind === "missing") return { kind: "missing", name: link.name, weight };
  const listener = listenerFor(
    reader.object(link.ref)?.spec.listeners ?? [],
    port || undefined,
    from.path,
    link.awsName,
    say,
  );
  const missing = { kind: "missing", name: link.awsName, weight } as const;
  if (listener === undefined) return missing;
  const where = `port ${listener.portMapping.port} of ${link.awsName}`;
  const mismatch = notUnderstood(protocol, listener.portMapping.protocol, where);
  if (mismatch !== undefined) {
    say("protocol-mismatch", from.path, mismatch.message, mismatch.help);
    return missing;
  }
  sayServiceFlaw(reader.object(link.ref), [listener.portMapping.port], from.path, reader, say);
  if (protocol !== "tcp") sayCap(requestCap(from.timeout, listener), where, from.path, say);
  use(used, link, listener.portMapping.port);
  return { kind: "node", target: link.awsName, port: listener.portMapping.port, weight };
}

function sayCap(cap: Cap | undefined, where: string, path: string, say: Say): void {
  if (cap === undefined) return;
  const [after, insteadOf] = [cap.after, cap.insteadOf].map((time) =>
    time === Number.POSITIVE_INFINITY ? "never" : `after ${time / 1000} s`,
  );
  if (cap.by === "listener") {
    const message = `requests end ${after}, the time-out of ${where}, and not ${insteadOf} as the route says`;
    say("capped-timeout", path, message, "give the node's listener the route's time-out too");
  } else {
    const message = `requests end ${after}, the standard of a route that says nothing, and not ${insteadOf} as ${where} says`;
    say("capped-timeout", path, message, "give the route the listener's time-out too");
  }
}

/** Marks a listener of a node as reached. */
export function use(
  used: Used,
  { ref, awsName }: { readonly ref: ObjectRef<"VirtualNode">; readonly awsName: string },
  port: number,
): void {
  const known = used.get(awsName) ?? { ref, ports: new Set<number>() };
  known.ports.add(port);
  used.set(awsName, known);
}

function listenerFor(
  listeners: readonly VirtualNodeListener[],
  port: number | undefined,
  path: string,
  node: string,
  say: Say,
): VirtualNodeListener | undefined {
  const ports = listeners.map(({ portMapping }) => portMapping.port).join(", ") || "none";
  if (port !== undefined) {
    const found = listeners.find(({ portMapping }) => portMapping.port === port);
    if (found === undefined) {
      say("port-mismatch", path, `${node} has no listener on port ${port}; it has ${ports}`, "name one of its ports");
    }
    return found;
  }
  const [only, ...others] = listeners;
  if (only !== undefined && others.length === 0) return only;
  const help = only === undefined ? "add a listener to the node" : "name the port";
  say("port-mismatch", path, `the target names no port, and ${node} has ${ports}`, help);
  return undefined;
}

/** Of two listeners on one port the first counts; sorted by port. */
function firstOfEachPort(listeners: readonly RouterListenerView[]): readonly RouterListenerView[] {
  const byPort = new Map<number, RouterListenerView>();
  for (const listener of listeners) if (!byPort.has(listener.port)) byPort.set(listener.port, listener);
  return [...byPort.values()].toSorted((a, b) => a.port - b.port);
}
