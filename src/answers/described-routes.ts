import type { GatewayView, MeshView, RouteTargetView, ServiceView } from "../graph/view.ts";
import type { ObjectRef } from "../model/mesh-object.ts";
import { callOf, rewritesOf } from "./match-text.ts";

/** What a virtual service comes to for whoever calls it. */
export interface DescribedService {
  readonly object: ObjectRef;
  /** The host name that apps call. */
  readonly name: string;
  /** Null: the service names none, or one that is not there. */
  readonly provider: ObjectRef | null;
  readonly routes: readonly DescribedRoute[];
}

/** One route of a router, or of a gateway; of a provider node the one that it is given. */
export interface DescribedRoute {
  readonly name: string;
  /** Ports where it is asked. */
  readonly ports: readonly number[];
  readonly protocol: string;
  /** What it takes, such as `prefix /`. */
  readonly match: string;
  readonly targets: readonly DescribedTarget[];
  /** Of a gateway: what becomes of path and host, such as `prefix /shop becomes /`; the host becomes the service's where nothing else is said. */
  readonly rewrites: readonly string[];
}

/** Where requests go. */
export interface DescribedTarget {
  /** Name in App Mesh: of a node, or of a virtual service that a gateway sends to. */
  readonly name: string;
  /** Null: nobody is there. */
  readonly port: number | null;
  /** Relative to the sum; null where there are no weights. */
  readonly weight: number | null;
}

/** What a service of a view comes to. */
export function describedService(
  { object, name, provider }: ServiceView,
  { targets: known }: Pick<MeshView, "targets">,
): DescribedService {
  switch (provider.kind) {
    case "none":
      return { object, name, provider: null, routes: [] };
    case "node": {
      const targets = provider.ports.map((port) => ({ name: provider.target, port, weight: null }));
      const routes = targets.map((target) => ({
        name: "",
        ports: [target.port],
        protocol: "",
        match: "everything",
        targets: [target],
        rewrites: [],
      }));
      const node = known.find((target) => target.name === provider.target)?.object;
      return { object, name, provider: node ?? null, routes };
    }
    case "router":
      return { object, name, provider: provider.router.object, routes: routerRoutes(provider.router.listeners) };
  }
}

type RouterListeners = Extract<ServiceView["provider"], { kind: "router" }>["router"]["listeners"];

/** Each route once, with the ports where it is asked. */
export function routerRoutes(listeners: RouterListeners): readonly DescribedRoute[] {
  const all = listeners.flatMap(({ port, routes }) => routes.map((route) => ({ port, route })));
  return [...Map.groupBy(all, ({ route }) => route.name).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { name, protocol, targets } = first.route;
    const ports = group.map(({ port }) => port);
    const match = callOf(first.route);
    return [{ name, ports, protocol, match, targets: targets.map(describedTarget), rewrites: [] }];
  });
}

function describedTarget(target: RouteTargetView): DescribedTarget {
  return target.kind === "node"
    ? { name: target.target, port: target.port, weight: target.weight }
    : { name: target.name, port: null, weight: target.weight };
}

/** The routes of a gateway, in their order; of `isMeant` ones. */
export function gatewayRoutes(
  { routes }: GatewayView,
  isMeant: (object: ObjectRef) => boolean,
): readonly DescribedRoute[] {
  return routes
    .filter(({ object }) => isMeant(object))
    .map((route): DescribedRoute => {
      const { target } = route;
      const port = target.kind === "service" ? target.port : null;
      const targets = [{ name: target.name, port, weight: null }];
      const { name, on, protocol } = route;
      return { name, ports: on, protocol, match: callOf(route), targets, rewrites: rewritesOf(route) };
    });
}

/** `blue_shop:8080 90, green_shop:8080 10`; of a gateway `front.shop:8080; prefix /shop becomes /`. */
export function describedTargets({ targets, rewrites }: Pick<DescribedRoute, "targets" | "rewrites">): string {
  return [targets.map(targetText).join(", "), ...rewrites].join("; ");
}

function targetText({ name, port, weight }: DescribedTarget): string {
  // whether a node, a listener or a fitting protocol is missing: its problems say it
  const place = port === null ? `${name || "no name"} (nobody answers)` : `${name}:${port}`;
  return weight === null ? place : `${place} ${weight}`;
}
