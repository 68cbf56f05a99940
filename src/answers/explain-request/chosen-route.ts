import type { Route, RouteAction } from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "../../xds/generated/envoy/config/route/v3/route_pb.js";
import type { EnvoyRequest } from "./envoy-request.ts";
import { conditionsOf, unmetConditions } from "./route-conditions.ts";
import { virtualHostOf } from "./virtual-host.ts";

/** A route that was looked at, and why it did not take the request. */
export interface TriedRoute {
  /** Empty: it has none, as where a node is the provider. */
  readonly name: string;
  /** What it asks for. */
  readonly asks: readonly string[];
  /** A sentence for each condition that is not met; empty: it took the request. */
  readonly unmet: readonly string[];
}

/** What the routes of a configuration make of a request. */
export interface ChosenRoute {
  /** Name of the virtual host; undefined: no host of that name, which is 404. */
  readonly host: string | undefined;
  /** In the order in which they are tried, up to the one that took it. */
  readonly tried: readonly TriedRoute[];
  /** Names of those after it, which are never asked. */
  readonly untried: readonly string[];
  /** Undefined: none took it, which is 404. */
  readonly route: Route | undefined;
}

export function chosenRoute(routes: RouteConfiguration, request: EnvoyRequest): ChosenRoute {
  const host = virtualHostOf(routes, request);
  if (host === undefined) return { host: undefined, tried: [], untried: [], route: undefined };
  const tried: TriedRoute[] = [];
  for (const [index, route] of host.routes.entries()) {
    if (route.match === undefined) continue;
    const unmet = unmetConditions(route.match, request);
    tried.push({ name: route.name, asks: conditionsOf(route.match), unmet });
    if (unmet.length > 0) continue;
    const untried = host.routes.slice(index + 1).map(({ name }) => name);
    return { host: host.name, tried, untried, route };
  }
  return { host: host.name, tried, untried: [], route: undefined };
}

/** What a route does with a request that it took. */
export type RouteOutcome =
  | { readonly kind: "status"; readonly status: number }
  /** Clusters with their weights; at least one has some. */
  | { readonly kind: "forward"; readonly action: RouteAction; readonly clusters: readonly ClusterShare[] };

export interface ClusterShare {
  readonly name: string;
  /** Of the sum of all, from 0 to 1. */
  readonly share: number;
}

export function outcomeOf({ action }: Route): RouteOutcome {
  if (action.case === "directResponse") return { kind: "status", status: action.value.status };
  if (action.case !== "route") return { kind: "status", status: 404 };
  const { clusterSpecifier } = action.value;
  switch (clusterSpecifier.case) {
    case "cluster":
      return { kind: "forward", action: action.value, clusters: [{ name: clusterSpecifier.value, share: 1 }] };
    case "weightedClusters":
      return { kind: "forward", action: action.value, clusters: shares(clusterSpecifier.value.clusters) };
    default:
      return { kind: "status", status: 404 };
  }
}

/** Shares of weights; each name once. */
export function shares(
  weighted: readonly { readonly name: string; readonly weight?: number | undefined }[],
): readonly ClusterShare[] {
  const sum = weighted.reduce((total, { weight = 0 }) => total + weight, 0);
  return [...Map.groupBy(weighted, ({ name }) => name)].map(([name, group]) => ({
    name,
    share: group.reduce((total, { weight = 0 }) => total + weight, 0) / sum,
  }));
}
