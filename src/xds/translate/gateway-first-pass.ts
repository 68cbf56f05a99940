import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { inOrder } from "../../graph/route-order.ts";
import type {
  GatewayHostView,
  GatewayRouteView,
  GatewayTargetView,
  GatewayView,
  HttpGatewayRouteView,
  TimeoutView,
} from "../../graph/view.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { cannotBeSent, unaskedHost } from "../../model/never-matches.ts";
import { HeaderValueOption_HeaderAppendAction } from "../generated/envoy/config/core/v3/base_pb.js";
import type {
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
} from "../generated/envoy/config/route/v3/route_components_pb.js";
import { type RouteConfiguration, RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { RegexMatchAndSubstituteSchema } from "../generated/envoy/type/matcher/v3/regex_pb.js";
import { SERVICE_HEADER, serviceValue } from "./gateway-second-pass.ts";
import { FIRST_PASS_GRACE, timeout } from "./limits.ts";
import { type ListenerName, routesOf, selfRedirectCluster } from "./names.ts";
import { callMatch, routeMatch } from "./route-match.ts";

type RouteInit = MessageInitShape<typeof RouteSchema>;
type MatchInit = MessageInitShape<typeof RouteMatchSchema>;
type ActionInit = MessageInitShape<typeof RouteActionSchema>;

/** A gateway route with the longest time-outs that its request may meet in the second pass. */
export type TimedRoute = GatewayRouteView & { readonly timeout: TimeoutView };

/**
 * What a listener of a gateway does with a request. Each host that some route is for has the routes that are for it first, then those of a
 * suffix of it, the longest first, and at last those for every host: what its own routes do not take does not end there.
 */
export function firstPassRoutes(through: ListenerName, routes: readonly TimedRoute[]): RouteConfiguration {
  const hosts = new Map(routes.map(({ host }) => [hostKey(host), host]));
  const exact = new Set(routes.flatMap(({ host }) => (host.kind === "exact" ? [host.name] : [])));
  const virtualHosts = [...hosts]
    .toSorted(([one], [other]) => compareTexts(one, other))
    .map(([key, host]) => ({
      name: key,
      domains: domainsOf(host, exact),
      routes: untilAll(ofHost(host, routes).flatMap((route) => gatewayRoute(through, route))),
    }));
  return create(RouteConfigurationSchema, {
    name: routesOf("ingress", through.port),
    virtualHosts,
    ignorePortInHostMatching: true,
    validateClusters: false,
  });
}

/** Name of the virtual host: App Mesh's where it is for every host. */
function hostKey(host: GatewayHostView): string {
  switch (host.kind) {
    case "any":
      return "self_redirect";
    case "exact":
      return `self_redirect_${host.name}`;
    case "suffix":
      return `self_redirect_*${host.suffix}`;
  }
}

/** A domain may stand only once among all hosts; of a wildcard Envoy takes the longest, and it stands for one character at least. */
function domainsOf(host: GatewayHostView, exact: ReadonlySet<string>): string[] {
  switch (host.kind) {
    case "any":
      return ["*"];
    case "exact":
      return [host.name, `${host.name}.`];
    case "suffix": {
      const { suffix } = host;
      const itself = /^[.-]/.test(suffix) || exact.has(suffix) ? [] : [suffix, `${suffix}.`];
      return [`*${suffix}`, `*${suffix}.`, ...itself];
    }
  }
}

/** The routes for a host, in the order in which they are tried. */
function ofHost(host: GatewayHostView, routes: readonly TimedRoute[]): readonly TimedRoute[] {
  const end = host.kind === "any" ? "" : host.kind === "exact" ? host.name : host.suffix;
  const own = routes.filter((route) => host.kind === "exact" && route.host.kind === "exact" && route.host.name === end);
  const suffixes = Map.groupBy(
    routes.filter((route) => host.kind !== "any" && route.host.kind === "suffix" && end.endsWith(route.host.suffix)),
    (route) => (route.host.kind === "suffix" ? route.host.suffix : ""),
  );
  const bySuffix = [...suffixes].toSorted(([one], [other]) => other.length - one.length).map(([, group]) => group);
  const any = routes.filter((route) => route.host.kind === "any");
  return [own, ...bySuffix, any].flatMap((group) => inOrder(group));
}

/** Up to the first route that takes every request. What follows is never asked, and of many hosts it would be most of all there is. */
function untilAll(routes: RouteInit[]): RouteInit[] {
  const last = routes.findIndex(({ match }) => {
    const { pathSpecifier, headers = [], queryParameters = [], grpc } = match as MatchInit;
    const takesAny = pathSpecifier?.case === "prefix" && pathSpecifier.value === "/" && grpc === undefined;
    return takesAny && headers.length === 0 && queryParameters.length === 0;
  });
  return last < 0 ? routes : routes.slice(0, last + 1);
}

function gatewayRoute(through: ListenerName, route: TimedRoute): RouteInit[] {
  const { name, target } = route;
  return matchesOf(route).map(({ match, rewrite }) => {
    if (target.kind === "missing") return answered(name, match, 503);
    if (rewrite === "leads out") return answered(name, match, 404);
    const value = {
      clusterSpecifier: { case: "cluster", value: selfRedirectCluster(through) } as const,
      timeout: longer(route.timeout.perRequest),
      idleTimeout: longer(route.timeout.idle),
      ...rewrite,
      ...(route.hostSeen === "service's" && hostRewrite(target.name)),
    };
    const header = { key: SERVICE_HEADER, value: serviceValue(target).replaceAll("%", "%%") };
    const appendAction = HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
    return { name, match, action: { case: "route", value } as const, requestHeadersToAdd: [{ header, appendAction }] };
  });
}

function answered(name: string, match: MatchInit, status: number): RouteInit {
  return { name, match, action: { case: "directResponse", value: { status } } };
}

/** 0 is no time-out at all. */
function longer(milliseconds: number) {
  return timeout(milliseconds === 0 ? 0 : milliseconds + FIRST_PASS_GRACE);
}

/** No app is called by a name with a wildcard, or by one that Envoy would refuse with all routes: there the host stays. */
function hostRewrite(service: string): Pick<ActionInit, "hostRewriteSpecifier"> {
  if (service.includes("*") || cannotBeSent(service) || unaskedHost(service) !== undefined) return {};
  return { hostRewriteSpecifier: { case: "hostRewriteLiteral", value: service } };
}

interface Taken {
  readonly match: MatchInit;
  /** `leads out`: with what takes the prefix' place the path would be one above of that. */
  readonly rewrite: Rewrite | "leads out";
}
type Rewrite = Pick<ActionInit, "prefixRewrite" | "regexRewrite">;

/** How Envoy matches a gateway route, and what becomes of the path. */
function matchesOf(route: TimedRoute): readonly Taken[] {
  if (route.protocol === "grpc") return [{ match: callMatch(route.match), rewrite: {} }];
  const { match } = route;
  const rewrite = rewriteOf(route);
  const isWhole = match.path?.exact !== undefined || match.path?.regex !== undefined;
  const taken = (paths: readonly Paths[], as: Taken["rewrite"]) =>
    paths.map(({ prefix, path }) => ({ match: routeMatch({ ...match, prefix, path }), rewrite: as }));
  if (isWhole) return taken([match], rewrite);
  return [...taken(waysOut(route), "leads out"), ...taken(beginnings(match.prefix), rewrite)];
}

type Paths = Pick<HttpGatewayRouteView["match"], "prefix" | "path">;

/**
 * Paths that go on with two dots where a prefix ends: of `/shop..` would become `/inside/..` where `/inside/` takes the place of `/shop`,
 * which is for whatever the app has beside it. Envoy has made dots of `%2e` by then; more ends a name for it, such as the
 * semicolon of `/shop..;/`, so that whatever goes on with them is refused.
 */
function waysOut({ match: { prefix = "/" }, path }: HttpGatewayRouteView): readonly Paths[] {
  if (path.kind !== "prefix" || path.value === "/" || prefix.endsWith("/")) return [];
  return [{ prefix: `${prefix}..` }];
}

/**
 * A prefix is that of a folder, whether it ends with a slash or not, and what takes its place does: `/x/` is for `/x` as well, and of `/x` that
 * slash is taken with it.
 */
function beginnings(prefix = "/"): readonly Paths[] {
  if (isRoot(prefix)) return [{ prefix: "/" }];
  if (prefix.endsWith("/")) return [{ prefix }, { path: { exact: prefix.slice(0, -1) } }];
  return [{ prefix: `${prefix}/` }, { prefix }];
}

function rewriteOf(route: HttpGatewayRouteView): Rewrite {
  const { path, match } = route;
  switch (path.kind) {
    case "kept":
      return {};
    case "prefix":
      return path.value === "/" && isRoot(match.prefix) ? {} : { prefixRewrite: path.value };
    case "whole":
      if (match.path?.exact !== undefined) return { prefixRewrite: path.value };
      // a backslash would refer to a part of what was there
      return {
        regexRewrite: create(RegexMatchAndSubstituteSchema, {
          pattern: { regex: "^/.*" },
          substitution: path.value.replaceAll("\\", "\\\\"),
        }),
      };
  }
}

function isRoot(prefix: string | undefined): boolean {
  return prefix === undefined || prefix === "" || prefix === "/";
}

/** A route with what its request may take in the second pass: the longest of the service's routes, or none where one of them has none. */
export function timedRoute(route: GatewayRouteView, view: GatewayView): TimedRoute {
  const timeouts = timeoutsOf(route.target, view);
  const longest = (of: keyof TimeoutView): number => {
    const all = timeouts.map((each) => each[of]);
    return all.includes(0) ? 0 : Math.max(0, ...all);
  };
  return { ...route, timeout: { perRequest: longest("perRequest"), idle: longest("idle") } };
}

function timeoutsOf(target: GatewayTargetView, { services, targets }: GatewayView): readonly TimeoutView[] {
  if (target.kind === "missing") return [];
  const provider = services.find(({ name }) => name === target.name)?.provider;
  switch (provider?.kind) {
    case "node": {
      const node = targets.find(({ name }) => name === provider.target);
      return (node?.listeners ?? []).filter(({ port }) => port === target.port).map((listener) => listener.timeout);
    }
    case "router": {
      const listener = provider.router.listeners.find(({ port }) => port === target.port);
      return (listener?.routes ?? []).map((route) => route.timeout);
    }
    default:
      return [];
  }
}
