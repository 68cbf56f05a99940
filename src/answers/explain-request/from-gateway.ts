import { fromBinary } from "@bufbuild/protobuf";
import type { ViewRef } from "../../graph/graph.ts";
import { serverTls } from "../../graph/tls.ts";
import type { GatewayRouteView, GatewayView } from "../../graph/view.ts";
import { textOfBytes } from "../../model/bytes-of-text.ts";
import { PORTS } from "../../model/names.ts";
import type { Route, RouteAction } from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import type { HttpConnectionManager } from "../../xds/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HeaderMutationSchema } from "../../xds/generated/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import { serviceValue } from "../../xds/translate/gateway-second-pass.ts";
import { gatewayListenerName, routesOf } from "../../xds/translate/names.ts";
import { count } from "../plain-text.ts";
import type { Around } from "./around.ts";
import { type ChosenRoute, chosenRoute, outcomeOf, type TriedRoute } from "./chosen-route.ts";
import { envoyConfig, filterOf } from "./envoy-config.ts";
import { type EnvoyRequest, type Receiver, received, SIDECAR } from "./envoy-request.ts";
import type { GatewayRouteStep, Outcome } from "./explanation.ts";
import { forwarded } from "./forwarded.ts";
import { type Found, NOTHING_FOUND } from "./found.ts";
import { unusableTls, wantedOfClients } from "./gateway-tls.ts";
import { gatewayRoutesLeftOut, missingService } from "./missing-targets.ts";
import type { HttpSent, SentRequest } from "./sent-request.ts";
import { withoutPort } from "./virtual-host.ts";

/** What a request meets that comes to a gateway: its routes, then those of the service that they lead to. */
export function fromGateway(sent: SentRequest, view: GatewayView, around: Around): Found {
  const config = envoyConfig(view, around.clusterDomain);
  const own = view.listeners.find(({ port }) => port === sent.port);
  const chain = config.listeners.get(gatewayListenerName(sent.port))?.filterChains[0];
  const filter = chain && filterOf(chain);
  const refusal = refusalOf(sent, view, around);
  if (refusal !== undefined || own === undefined || filter?.kind !== "http" || sent.kind === "tcp") {
    const { why, help } = refusal ?? { why: `nothing listens on port ${sent.port}`, help: "" };
    return { ...NOTHING_FOUND, connection: { kind: "closed", why }, outcome: { kind: "closed", why, help } };
  }
  const connection = { kind: "http", port: sent.port } as const;
  const at = received(sent, receiverOf(filter.manager, sent.scheme === "https"));
  if (at.kind === "refused") {
    return { ...NOTHING_FOUND, connection, outcome: { ...at, kind: "status" } };
  }
  const routes = config.routes.get(filter.routes);
  const chosen = routes === undefined ? NO_ROUTE : chosenRoute(routes, at.request);
  const route = view.routes.find(({ name, on }) => name === chosen.route?.name && on.includes(sent.port));
  const rewritten =
    chosen.route?.action.case === "route" ? after(at.request, chosen.route, chosen.route.action.value) : at.request;
  const gatewayRoute: GatewayRouteStep = {
    port: sent.port,
    tried: onceEach(chosen.tried, view.routes),
    untried: [...new Set(chosen.untried)].filter((name) => name !== route?.name),
    route: route?.object ?? null,
    path: rewritten.path,
    authority: textOfBytes(rewritten.authority),
  };
  const tls = sent.scheme === "https" ? serverTls(own.tls) : undefined;
  const notes = tls === undefined ? [] : wantedOfClients(sent.port, tls);
  const common = { ...NOTHING_FOUND, connection, gatewayRoute, notes };
  if (chosen.route === undefined || route === undefined) {
    const outcome = noRoute(at.request, chosen.host, gatewayRoute.tried.length, view);
    return { ...common, notes: [...notes, ...leftOut(view, around)], outcome };
  }
  const outcome = outcomeOf(chosen.route);
  if (outcome.kind === "status") return { ...common, outcome: direct(route, outcome.status, view, around) };
  const second = secondPass(rewritten, route, view, around, config.routes.get(routesOf("egress", PORTS.outbound)));
  return { ...second, connection, gatewayRoute, notes: [...notes, ...second.notes] };
}

const NO_ROUTE: ChosenRoute = { host: undefined, tried: [], untried: [], route: undefined };

/** Why the connection itself comes to nothing; undefined: it does not. */
function refusalOf(sent: SentRequest, view: GatewayView, { graph }: Around) {
  const { listeners, name } = view;
  const own = listeners.find(({ port }) => port === sent.port);
  if (own === undefined) {
    const ports = listeners.map(({ port }) => port).join(", ") || "no port at all";
    return {
      why: `virtual gateway ${name} does not listen on port ${sent.port}`,
      help: `it listens on ${ports}: the port of its listener counts, not that of a Service before it`,
    };
  }
  if (sent.kind === "tcp") return { why: "a virtual gateway takes HTTP alone", help: "ask about http://" };
  const tls = serverTls(own.tls);
  if (sent.scheme === "https" && tls === undefined) {
    return { why: `the listener of port ${sent.port} has no TLS`, help: `ask about http://${sent.host}:${sent.port}` };
  }
  if (sent.scheme === "http" && tls?.mode === "STRICT") {
    return {
      why: `the listener of port ${sent.port} takes TLS alone (STRICT)`,
      help: `ask about https://${sent.host}:${sent.port}`,
    };
  }
  if (sent.scheme === "http" || tls === undefined) return undefined;
  const unusable = unusableTls(view.object as ViewRef, sent.port, tls, graph);
  return unusable && { ...unusable, why: `no TLS at the listener of port ${sent.port}: ${unusable.why}` };
}

/** What the connection manager of a gateway's listener does with headers. */
function receiverOf(
  { useRemoteAddress = false, earlyHeaderMutationExtensions }: HttpConnectionManager,
  tls: boolean,
): Receiver {
  const removed = earlyHeaderMutationExtensions.flatMap(({ typedConfig }) =>
    fromBinary(HeaderMutationSchema, typedConfig?.value ?? new Uint8Array()).mutations.flatMap(({ action }) => {
      const pattern = action.case === "removeOnMatch" ? action.value.keyMatcher?.matchPattern : undefined;
      return pattern?.case === "prefix" ? [pattern.value] : [];
    }),
  );
  return { tls, removed, usesConnection: useRemoteAddress };
}

/** The request as the first pass sends it to the second. */
function after(request: EnvoyRequest, { match, requestHeadersToAdd }: Route, action: RouteAction): EnvoyRequest {
  const headers = new Map(request.headers);
  for (const { header } of requestHeadersToAdd) {
    if (header !== undefined) headers.set(header.key, [header.value.replaceAll("%%", "%")]);
  }
  const { hostRewriteSpecifier } = action;
  const authority = hostRewriteSpecifier.case === "hostRewriteLiteral" ? hostRewriteSpecifier.value : request.authority;
  return { ...request, headers, authority, path: rewrittenPath(request.path, match, action) };
}

function rewrittenPath(path: string, match: Route["match"], { prefixRewrite, regexRewrite }: RouteAction): string {
  const question = path.indexOf("?");
  const [alone, query] = question < 0 ? [path, ""] : [path.slice(0, question), path.slice(question)];
  // our one pattern is for the whole path
  if (regexRewrite !== undefined) return `${regexRewrite.substitution.replaceAll("\\\\", "\\")}${query}`;
  if (prefixRewrite === "") return path;
  const specifier = match?.pathSpecifier;
  const taken = specifier?.case === "prefix" ? specifier.value.length : alone.length;
  return `${prefixRewrite}${alone.slice(taken)}${query}`;
}

function secondPass(
  request: EnvoyRequest,
  { target }: GatewayRouteView,
  view: GatewayView,
  around: Around,
  routes: Parameters<typeof chosenRoute>[0] | undefined,
): Omit<Found, "connection" | "gatewayRoute"> {
  const at = received(sentAgain(request), SIDECAR);
  if (at.kind === "refused") return { ...NOTHING_FOUND, outcome: { ...at, kind: "status" } };
  const service = target.kind === "service" ? view.services.find(({ name }) => name === target.name) : undefined;
  const chosen = routes && chosenRoute(routes, at.request);
  if (target.kind === "missing" || service === undefined || chosen?.host !== serviceValue(target)) {
    return { ...NOTHING_FOUND, outcome: status(404, `virtual service ${target.name} is not known to the gateway`, "") };
  }
  return forwarded({ chosen, service, request: at.request, port: target.port, view, around });
}

function sentAgain({ method, path, authority, headers }: EnvoyRequest): HttpSent {
  const lines = [...headers].flatMap(([name, values]) => values.map((value) => ({ name, value })));
  return {
    kind: "http",
    scheme: "http",
    host: "127.0.0.1",
    port: PORTS.outbound,
    method,
    authority,
    path,
    headers: lines,
  };
}

/** One gateway route is several of Envoy's: a prefix is that of a folder, with and without a slash. */
function onceEach(tried: readonly TriedRoute[], routes: readonly GatewayRouteView[]): readonly TriedRoute[] {
  return [...Map.groupBy(tried, ({ name }) => name)].flatMap(([name, group]) => {
    const view = routes.find((route) => route.name === name);
    const prefix = view !== undefined && view.protocol !== "grpc" ? view.match.prefix : undefined;
    const own = group.find(({ asks }) => asks[0] === `prefix ${JSON.stringify(prefix)}`);
    return group.find(({ unmet }) => unmet.length === 0) ?? own ?? group[0] ?? [];
  });
}

function noRoute(request: EnvoyRequest, host: string | undefined, tried: number, view: GatewayView): Outcome {
  const asked = textOfBytes(withoutPort(request.authority));
  if (view.routes.length === 0) {
    return status(
      404,
      `virtual gateway ${view.name} has no routes`,
      "add a GatewayRoute that it takes: its labels and namespace must be selected",
    );
  }
  if (host === undefined) {
    const hosts = [...new Set(view.routes.map(hostWords))].slice(0, 8).join(", ");
    return status(404, `no gateway route is for host ${asked}`, `its routes are for ${hosts}`);
  }
  return status(
    404,
    `none of ${count(tried, "gateway route")} for host ${asked} takes it`,
    "add a GatewayRoute that takes it",
  );
}

/** Sentences about the routes that a gateway does not have: one of them is usually what was meant. */
function leftOut(view: GatewayView, { graph }: Around): readonly string[] {
  const all = gatewayRoutesLeftOut(view, graph);
  const more = all.length > LEFT_OUT ? [`and ${all.length - LEFT_OUT} routes more that it does not have`] : [];
  return [...all.slice(0, LEFT_OUT).map(({ why, help }) => `${why}; ${help}`), ...more];
}

/** So many of them are told: a large mesh may have hundreds. */
const LEFT_OUT = 8;

function hostWords({ host }: GatewayRouteView): string {
  switch (host.kind) {
    case "any":
      return "every host";
    case "exact":
      return host.name;
    case "suffix":
      return `*${host.suffix}`;
  }
}

function direct(route: GatewayRouteView, code: number, { services }: GatewayView, { graph }: Around): Outcome {
  const { name, target } = route;
  if (target.kind === "missing") {
    const { why, help } = missingService(route, services, graph);
    return status(code, `gateway route ${name} has nobody to send to: ${why}`, help);
  }
  return status(
    code,
    `with the rewrite of gateway route ${name} the path would lead out of what takes the prefix' place`,
    "leave the dots out of the path",
  );
}

function status(code: number, why: string, help: string): Outcome {
  return { kind: "status", status: code, why, help };
}
