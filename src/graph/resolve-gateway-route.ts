import type { GatewayRouteSpec } from "../model/gateway-route.ts";
import type { ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { cannotBeSent, impossibleName, notAName, unmeetable, unmeetableCall } from "../model/never-matches.ts";
import { plainHost } from "../model/plain-host.ts";
import { unreadableMatch } from "../model/regular-expression.ts";
import { calledPorts } from "./called-ports.ts";
import { matchFaults } from "./match-faults.ts";
import type { MeshReader } from "./mesh-state.ts";
import { carrying, type Mismatch, notUnderstood } from "./protocols.ts";
import { type Say, SILENT } from "./report.ts";
import { type Link, resolveLink } from "./resolve-reference.ts";
import type {
  GatewayHostView,
  GatewayListenerView,
  GatewayPathView,
  GatewayTargetView,
  GrpcGatewayRouteView,
  HttpGatewayRouteView,
  ServiceView,
  TargetView,
} from "./view.ts";

type HttpRoute = NonNullable<GatewayRouteSpec["httpRoute"]>;
type GrpcRoute = NonNullable<GatewayRouteSpec["grpcRoute"]>;
type Common = "object" | "name" | "target";

/** A gateway route as far as it depends on itself and its gateway alone. */
export interface WrittenRoute {
  readonly view: Omit<HttpGatewayRouteView, Common> | Omit<GrpcGatewayRouteView, Common>;
  readonly service: Link<"VirtualService">;
  /** The port of the service that is named. */
  readonly port: number | undefined;
  /** Where the target stands, such as `spec.httpRoute.action.target`. */
  readonly targetPath: string;
}

/**
 * What a gateway route says; undefined: it is left out, because it has no type or Envoy would refuse it. `listeners`: those of its gateway;
 * undefined where it has none.
 */
export function resolveGatewayRoute(
  route: TypedObject<"GatewayRoute">,
  listeners: readonly GatewayListenerView[] | undefined,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): WrittenRoute | undefined {
  const typed = typeOf(route.spec, say);
  if (typed === undefined) return undefined;
  const { field, protocol, given } = typed;
  const service = serviceOf(route, mesh, reader, say);
  if (service === undefined) return undefined;
  const path = `spec.${field}`;
  if (!isPossible(typed, path, say)) return undefined;
  const host = hostOf(given.match.hostname, `${path}.match.hostname`, say);
  const on = listenersOf(protocol, given.match.port || undefined, listeners, `${path}.match.port`, say);
  if (host === undefined || on === undefined) return undefined;
  const target = { service, port: given.action.target.port || undefined, targetPath: `${path}.action.target` };
  const hostSeen = given.action.rewrite?.hostname?.defaultTargetHostname === "DISABLED" ? "client's" : "service's";
  const common = { priority: route.spec.priority, on, host, hostSeen } as const;
  if (typed.protocol === "grpc") {
    const { serviceName, metadata } = typed.given.match;
    return { ...target, view: { ...common, protocol: typed.protocol, match: { serviceName, metadata } } };
  }
  const { prefix, path: whole, headers, queryParameters, method } = typed.given.match;
  const rewritten = pathOf(typed.given, `${path}.action.rewrite`, say);
  if (rewritten === undefined) return undefined;
  const match = { prefix, path: whole, headers, queryParameters, method };
  return { ...target, view: { ...common, protocol: typed.protocol, match, path: rewritten } };
}

/** The service that a gateway route sends to; undefined where it has no type, or several. */
export function serviceOf(
  { metadata, spec }: TypedObject<"GatewayRoute">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): Link<"VirtualService"> | undefined {
  const typed = typeOf(spec, SILENT);
  if (typed === undefined) return undefined;
  const ref = { kind: "GatewayRoute", namespace: metadata.namespace, name: metadata.name } as const;
  const { virtualServiceRef, virtualServiceARN } = typed.given.action.target.virtualService;
  const written = { reference: virtualServiceRef, arn: virtualServiceARN };
  const from = { ref, mesh, path: `spec.${typed.field}.action.target.virtualService` };
  return resolveLink("VirtualService", written, from, reader, say);
}

/** Where the requests of a route go; `service`: the one that it names, with the nodes that it reaches. */
export function gatewayTarget(
  { service: link, port, targetPath, view: { protocol } }: WrittenRoute,
  service: ServiceView | undefined,
  targets: readonly TargetView[],
  say: Say,
): GatewayTargetView {
  if (link.kind === "missing" || service === undefined) {
    return { kind: "missing", name: link.kind === "missing" ? link.name : link.awsName };
  }
  // whoever calls it gets 404, which it says itself
  if (service.provider.kind === "none") return { kind: "service", name: service.name, port: port ?? 0 };
  const missing = { kind: "missing", name: service.name } as const;
  const { http, tcp } = calledPorts(service, targets);
  const wanted = port ?? (http.length === 1 ? http[0] : undefined);
  if (wanted !== undefined && http.includes(wanted)) {
    const mismatch = mismatchOf(protocol, service, wanted, targets);
    if (mismatch === undefined) return { kind: "service", name: service.name, port: wanted };
    say("protocol-mismatch", targetPath, mismatch.message, mismatch.help);
    return missing;
  }
  // a router without listeners says so itself
  if (http.length === 0 && tcp.length === 0) return missing;
  const spoken = http.join(", ") || "none";
  if (port !== undefined && !tcp.includes(port)) {
    const found = `${service.name} is not called on port ${port}, so the answer is 503; over HTTP it has ${spoken}`;
    say("port-mismatch", `${targetPath}.port`, found, "name one of its ports");
  } else if (port !== undefined || http.length === 0) {
    const found = `${service.name} is called over TCP on port ${port ?? tcp.join(", ")}, so the answer is 503`;
    say("protocol-mismatch", targetPath, found, "give its router, or its node, a listener of http, http2 or grpc");
  } else {
    const found = `the target names no port, and ${service.name} has ${spoken}, so the answer is 503`;
    say("port-mismatch", targetPath, found, "name the port");
  }
  return missing;
}

/** Why a node does not understand the calls of a route; what becomes of them behind a router is said of the router. */
function mismatchOf(
  protocol: WrittenRoute["view"]["protocol"],
  { provider }: ServiceView,
  port: number,
  targets: readonly TargetView[],
): Mismatch | undefined {
  if (provider.kind !== "node") return undefined;
  const listener = targets
    .find(({ name }) => name === provider.target)
    ?.listeners.find((candidate) => candidate.port === port);
  return listener && notUnderstood(protocol, listener.protocol, `port ${port} of ${provider.target}`);
}

type TypedRoute =
  | { readonly protocol: "http" | "http2"; readonly field: string; readonly given: HttpRoute }
  | { readonly protocol: "grpc"; readonly field: string; readonly given: GrpcRoute };

function typeOf({ httpRoute, http2Route, grpcRoute }: GatewayRouteSpec, say: Say): TypedRoute | undefined {
  const types: TypedRoute[] = [];
  if (httpRoute) types.push({ protocol: "http", field: "httpRoute", given: httpRoute });
  if (http2Route) types.push({ protocol: "http2", field: "http2Route", given: http2Route });
  if (grpcRoute) types.push({ protocol: "grpc", field: "grpcRoute", given: grpcRoute });
  const [only, ...others] = types;
  if (only !== undefined && others.length === 0) return only;
  const found = types.map(({ field }) => field).join(" and ") || "none";
  say(
    "ambiguous-field",
    "spec",
    `a gateway route has exactly one of httpRoute, http2Route and grpcRoute, this has ${found}`,
    "give one",
  );
  return undefined;
}

/** Whether Envoy takes the match, so that no other route suffers from it; also says what no request meets. */
function isPossible(typed: TypedRoute, path: string, say: Say): boolean {
  const { match } = typed.given;
  const impossible = impossibleName(match);
  if (impossible !== undefined) {
    const found = "no request can have this name, so the route is left out";
    say("never-matches", `${path}.match.${impossible}`, found, "correct the name");
    return false;
  }
  const unreadable = unreadableMatch(match);
  if (unreadable !== undefined) {
    const found = `Envoy would refuse this regular expression, so the route is left out: ${unreadable.problem}`;
    const help = "write it as RE2 has it, without look-around and back references";
    say("bad-expression", `${path}.match.${unreadable.at}`, found, help);
    return false;
  }
  if (say === SILENT) return true;
  const unmet = typed.protocol === "grpc" ? unmeetableCall(typed.given.match) : unmeetable(typed.given.match);
  // what is a fault whatever else stands in the route is said for itself
  const isFault = matchFaults(match, `${path}.match`).some((fault) => fault.path === `${path}.match.${unmet?.at}`);
  if (unmet !== undefined && !isFault) {
    say("never-matches", `${path}.match.${unmet.at}`, unmet.found, unmet.help);
  }
  return true;
}

/** Undefined: no request has it. With a port, which App Mesh did not always take off the host of a request, it means every port. */
function hostOf(
  { exact, suffix }: NonNullable<HttpRoute["match"]["hostname"]> = {},
  path: string,
  say: Say,
): GatewayHostView | undefined {
  const [field, written] = exact === undefined ? ["suffix", suffix] : ["exact", exact];
  if (written === undefined) return { kind: "any" };
  const name = plainHost(written.replace(/:\d+$/, ""));
  const problem = hostFlaw(name);
  if (name !== "" && problem === undefined && !cannotBeSent(name)) {
    return exact === undefined ? { kind: "suffix", suffix: name } : { kind: "exact", name };
  }
  const found = `no request asks for this host${problem === undefined ? "" : `: ${problem}`}, so the route is left out`;
  const help = "write a host name, or for all names below a domain the suffix .example.com";
  say("never-matches", `${path}.${field}`, found, help);
  return undefined;
}

/** A dot more at the end would be the name that another route is for, with its dot: Envoy refuses all routes where one stands twice. */
function hostFlaw(name: string): string | undefined {
  if (name.includes("*")) return "a * stands for nothing here";
  return name.endsWith(".") ? "a host name ends with one dot at most" : notAName(name);
}

/** The gateway's listeners that a route is on; undefined: its port is none of theirs. */
function listenersOf(
  protocol: WrittenRoute["view"]["protocol"],
  port: number | undefined,
  listeners: readonly GatewayListenerView[] | undefined,
  path: string,
  say: Say,
): readonly number[] | undefined {
  if (listeners === undefined) return [];
  const serving = listeners.filter((listener) => port === undefined || listener.port === port);
  if (port !== undefined && serving.length === 0) {
    const ports = listeners.map((listener) => listener.port).join(", ") || "none";
    const found = `the gateway has no listener on port ${port}; it has ${ports}`;
    say("port-mismatch", path, found, "name one of the gateway's ports");
    return undefined;
  }
  return carrying(protocol, serving).map((listener) => listener.port);
}

/** Undefined: Envoy would refuse it. */
function pathOf({ match, action }: HttpRoute, path: string, say: Say): GatewayPathView | undefined {
  const { path: whole, prefix } = action.rewrite ?? {};
  const [field, value] = whole?.exact === undefined ? ["prefix.value", prefix?.value] : ["path.exact", whole.exact];
  if (value !== undefined && cannotBeSent(value)) {
    const found = "no request can have this path, so the route is left out";
    say("never-matches", `${path}.${field}`, found, "correct the path");
    return undefined;
  }
  if (whole?.exact !== undefined) {
    if (whole.exact.startsWith("/")) return { kind: "whole", value: whole.exact };
    const found = `every path begins with a slash, ${JSON.stringify(whole.exact)} does not`;
    say("never-matches", `${path}.path.exact`, `${found}, so it gets one`, `write /${whole.exact}`);
    return { kind: "whole", value: `/${whole.exact}` };
  }
  if (match.prefix === undefined) {
    if (prefix?.value === undefined) return { kind: "kept" };
    const found = "no prefix is matched, so there is none to be rewritten";
    say("ambiguous-field", `${path}.prefix`, found, "match a prefix, or give path.exact here");
    return { kind: "kept" };
  }
  if (prefix?.value === undefined && prefix?.defaultPrefix === "DISABLED") return { kind: "kept" };
  return { kind: "prefix", value: prefix?.value ?? "/" };
}
