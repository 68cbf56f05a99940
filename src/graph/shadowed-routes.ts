import { isDeepStrictEqual } from "node:util";
import { inOrder, type RankedRoute } from "./route-order.ts";
import type { GatewayHostView } from "./view.ts";

/* Routes that never get a request, because one that is tried before them takes all of theirs. */

/** A route of a router, or of a gateway. */
export interface PlacedRoute {
  readonly route: RankedRoute;
  /** Ports that it is on. */
  readonly on: readonly number[];
  /** Of a gateway's: the hosts that it is for. */
  readonly host?: GatewayHostView;
}

/** Each is compared with each other one: some 10 ms for the most. Of more nothing is said; App Mesh had 50 routes at most. */
const MOST_COMPARED = 300;

/** The routes that never get a request, each with the first one that takes all of theirs. What two others take between them is not found. */
export function shadowedRoutes<Route extends PlacedRoute>(
  routes: readonly Route[],
): readonly { readonly shadowed: Route; readonly by: Route }[] {
  if (routes.length > MOST_COMPARED) return [];
  return routes.flatMap((shadowed) => {
    const by = routes.find((other) => other !== shadowed && takesAllOf(other, shadowed) && isBefore(other, shadowed));
    return by === undefined ? [] : [{ shadowed, by }];
  });
}

function isBefore({ route: one }: PlacedRoute, { route: other }: PlacedRoute): boolean {
  return inOrder([other, one])[0] === one;
}

/** Whether every request that a route matches is one of the other's. */
function takesAllOf(one: PlacedRoute, other: PlacedRoute): boolean {
  // of two hosts the closer one is tried first, whatever the order of their routes
  if (!isDeepStrictEqual(one.host, other.host)) return false;
  return other.on.every((port) => one.on.includes(port)) && matchesAllOf(one.route, other.route);
}

function matchesAllOf(one: RankedRoute, other: RankedRoute): boolean {
  // connections cannot be told apart
  if (one.protocol === "tcp" || other.protocol === "tcp") return one.protocol === other.protocol;
  // a call of gRPC is a request of HTTP too, and says in a header that it is one
  if (one.protocol === "grpc" && other.protocol !== "grpc") return false;
  if (!takesPaths(pathsOf(one), pathsOf(other))) return false;
  const conditions = conditionsOf(other);
  return conditionsOf(one).every((condition) => conditions.some((each) => isDeepStrictEqual(each, condition)));
}

type RequestRoute = Exclude<RankedRoute, { readonly protocol: "tcp" }>;
type Paths = { readonly kind: "exact" | "prefix" | "regex"; readonly text: string };

function pathsOf(route: RequestRoute): Paths {
  if (route.protocol === "grpc") {
    const { serviceName = "", methodName } = route.match;
    if (serviceName === "") return { kind: "prefix", text: "/" };
    const ofService = `/${serviceName}/`;
    return methodName === undefined
      ? { kind: "prefix", text: ofService }
      : { kind: "exact", text: `${ofService}${methodName}` };
  }
  const { path, prefix } = route.match;
  if (path?.exact !== undefined) return { kind: "exact", text: path.exact };
  if (path?.regex !== undefined) return { kind: "regex", text: path.regex };
  return { kind: "prefix", text: prefix || "/" };
}

function takesPaths(one: Paths, other: Paths): boolean {
  if (one.kind !== "prefix") return one.kind === other.kind && one.text === other.text;
  return one.text === "/" || (other.kind !== "regex" && other.text.startsWith(one.text));
}

/** What a request must be beside its path. */
function conditionsOf(route: RequestRoute): readonly unknown[] {
  if (route.protocol === "grpc") return route.match.metadata ?? [];
  const { headers = [], queryParameters = [], method, scheme } = route.match as HttpMatch;
  const single = Object.entries({ method, scheme }).filter(([, value]) => value !== undefined);
  return [...headers, ...queryParameters.map((parameter) => ({ query: parameter })), ...single];
}

type HttpMatch = Extract<RankedRoute, { readonly protocol: "http" | "http2" }>["match"];

/** Why the one is tried before the other, for a person. */
export function whyBefore({ route: one }: PlacedRoute, { route: other }: PlacedRoute): string {
  const { priority } = one;
  return priority === undefined || priority === other.priority
    ? "tried before it"
    : `tried before it for its priority ${priority}`;
}
