import type { RouteAction } from "../../xds/generated/envoy/config/route/v3/route_components_pb.js";
import { STANDARD_RETRIES } from "../../xds/translate/retries.ts";
import type { ChosenRoute } from "./chosen-route.ts";
import { millisOf } from "./durations.ts";
import type { Retries, RoutesStep } from "./explanation.ts";

/** What the routes of a service did with a request, and what is told to the one that took it. */
export function routesStep({ tried, untried, route }: ChosenRoute, port: number): RoutesStep {
  const action = route?.action.case === "route" ? route.action.value : undefined;
  return {
    port,
    tried,
    untried,
    route: route?.name ?? null,
    timeouts: action === undefined ? null : timeoutsOf(action),
    retries: action === undefined ? null : retriesOf(action),
  };
}

function timeoutsOf({ timeout, idleTimeout, retryPolicy }: RouteAction): RoutesStep["timeouts"] {
  return {
    perRequest: millisOf(timeout),
    idle: millisOf(idleTimeout),
    perTry: millisOf(retryPolicy?.perTryTimeout),
  };
}

function retriesOf({ retryPolicy }: RouteAction): Retries | null {
  if (retryPolicy === undefined) return null;
  const { retryOn, retriableStatusCodes, numRetries = 1 } = retryPolicy;
  return {
    times: numRetries,
    on: retryOn.split(",").filter((condition) => condition !== "retriable-status-codes"),
    statuses: retriableStatusCodes,
    // no policy of a route comes to the same conditions
    isStandard: retryOn === STANDARD_RETRIES.retryOn,
  };
}
