import { create } from "@bufbuild/protobuf";
import type { GatewayTargetView, GatewayView } from "../../graph/view.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { PORTS } from "../../model/names.ts";
import { type RouteConfiguration, RouteConfigurationSchema } from "../generated/envoy/config/route/v3/route_pb.js";
import { routesOn } from "./egress-routes.ts";
import { routesOf } from "./names.ts";

/** Header in which a gateway's first pass tells its second one which service, on which port, a request is for. */
export const SERVICE_HEADER = "x-outrigger-service";

/** A service on one of its ports. */
export interface CalledPort {
  readonly name: string;
  readonly port: number;
}

/** A service to which no route of the gateway leads any more, with the view in which one did. */
export interface LeftService extends CalledPort {
  readonly view: GatewayView;
}

/** The services that a gateway's routes lead to, each with each of its ports that they name, in order. */
export function calledByGateway({ routes }: GatewayView): readonly CalledPort[] {
  const called = new Map(routes.flatMap(({ target }) => entryOf(target)));
  return [...called].toSorted(([one], [other]) => compareTexts(one, other)).map(([, each]) => each);
}

function entryOf(target: GatewayTargetView): readonly (readonly [string, CalledPort])[] {
  if (target.kind === "missing") return [];
  const { name, port } = target;
  return [[serviceValue(target), { name, port }]];
}

/** What the header says: `<service>:<port>`. A `*` in a domain would stand for anything. */
export function serviceValue({ name, port }: CalledPort): string {
  return `${encodeURIComponent(name.toWellFormed()).replaceAll("*", "%2A")}:${port}`;
}

/**
 * What a gateway's second pass does with a request: what a sidecar's egress would do for an app that calls the service, whatever the host
 * of the request is. Without the header nobody is there (404); nothing behind the gateway sees it. `left`: none of those that are called.
 */
export function secondPassRoutes(
  view: GatewayView,
  called: readonly CalledPort[],
  left: readonly LeftService[],
): RouteConfiguration {
  const virtualHosts = [...called.map((one) => ({ ...one, view })), ...left].flatMap(({ name, port, view: of }) => {
    const service = of.services.find((each) => each.name === name);
    const value = serviceValue({ name, port });
    return service === undefined ? [] : [{ name: value, domains: [value], routes: routesOn(service, of, port) }];
  });
  return create(RouteConfigurationSchema, {
    name: routesOf("egress", PORTS.outbound),
    vhostHeader: SERVICE_HEADER,
    virtualHosts,
    requestHeadersToRemove: [SERVICE_HEADER],
    validateClusters: false,
  });
}
