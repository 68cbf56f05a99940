import { compareTexts } from "../model/compare-texts.ts";
import type { GrpcRouteView, HttpRouteView, TcpRouteView } from "./view.ts";

/** What the order goes by, of a route or a gateway route. */
export type RankedRoute =
  | Pick<HttpRouteView, "protocol" | "name" | "priority" | "match">
  | Pick<GrpcRouteView, "protocol" | "name" | "priority" | "match">
  | Pick<TcpRouteView, "protocol" | "name" | "priority">;

/**
 * The routes in the order in which they are tried: by priority, those without one last. App Mesh never said what decides between
 * equals; here it is an exact path, then a regular expression, then the longest prefix, then more matchers, then the name.
 */
export function inOrder<Route extends RankedRoute>(routes: readonly Route[]): readonly Route[] {
  return routes.toSorted((one, other) => {
    for (const [a, b] of zip(rank(one), rank(other))) if (a !== b) return a - b;
    return compareTexts(one.name, other.name);
  });
}

/** The smaller comes first, at the first place where two differ. */
function rank(route: RankedRoute): readonly number[] {
  const priority = route.priority ?? Number.POSITIVE_INFINITY;
  switch (route.protocol) {
    case "tcp":
      return [priority, 0, 0, 0];
    case "grpc": {
      const { serviceName, methodName, metadata } = route.match;
      const exact = serviceName !== undefined && methodName !== undefined;
      return [priority, exact ? 0 : 2, -(serviceName?.length ?? 0), -(metadata?.length ?? 0)];
    }
    case "http":
    case "http2": {
      const { path, prefix, headers, queryParameters, method, scheme } = route.match;
      const kind = path?.exact !== undefined ? 0 : path?.regex !== undefined ? 1 : 2;
      const single = [method, scheme].filter((each) => each !== undefined).length;
      const matchers = (headers?.length ?? 0) + (queryParameters?.length ?? 0) + single;
      return [priority, kind, kind === 2 ? -(prefix?.length ?? 0) : 0, -matchers];
    }
  }
}

function* zip(one: readonly number[], other: readonly number[]): Iterable<readonly [number, number]> {
  for (const [index, value] of one.entries()) yield [value, other[index] ?? 0];
}
