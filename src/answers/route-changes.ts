import type { MeshView, ServiceView } from "../graph/view.ts";
import { PORTS } from "../model/names.ts";
import { httpPorts, servicesOn } from "../xds/translate/egress-routes.ts";
import { routesOf } from "../xds/translate/names.ts";
import { type DescribedRoute, describedService, describedTargets, gatewayRoutes } from "./described-routes.ts";

/**
 * What is another in the routes of two views, for a person: by the name of Envoy's route configuration. One line a route; where a line would say
 * the same before and after, something that it does not show has changed.
 */
export function routeChanges(
  before: MeshView | undefined,
  after: MeshView | undefined,
): (name: string) => readonly string[] {
  return (name) => {
    const [was, becomes] = [before, after].map((view) => (view === undefined ? [] : linesOf(view, name)));
    if (was === undefined || becomes === undefined) return [];
    const old = new Map(was);
    const now = new Map(becomes);
    const keys = new Set([...old.keys(), ...now.keys()]);
    return [...keys].flatMap((key) => {
      const [one, other] = [old.get(key), now.get(key)];
      if (one === undefined) return [`${key}: ${other?.text}, new`];
      if (other === undefined) return [`${key}: ${one.text}, gone`];
      if (one.whole === other.whole) return [];
      return [
        one.text === other.text
          ? `${key}: its time-outs, retries or the like`
          : `${key}: ${one.text} becomes ${other.text}`,
      ];
    });
  };
}

type Line = readonly [key: string, { readonly text: string; readonly whole: string }];

function linesOf(view: MeshView, name: string): readonly Line[] {
  if (view.kind === "virtualNode") {
    const port = httpPorts(view).find((one) => routesOf("egress", one) === name);
    return port === undefined ? [] : servicesOn(view, port).flatMap((service) => serviceLines(service, view));
  }
  if (name === routesOf("egress", PORTS.outbound))
    return view.services.flatMap((service) => serviceLines(service, view));
  return gatewayRoutes(view, () => true).map((route, index): Line => {
    const whole = JSON.stringify(view.routes[index]);
    return [`gateway route ${route.name}`, { text: routeText(route), whole }];
  });
}

function serviceLines(service: ServiceView, view: MeshView): readonly Line[] {
  const routes = describedService(service, view).routes;
  if (routes.length === 0) return [[service.name, { text: "nobody (404)", whole: "" }]];
  const { provider } = service;
  return routes.map((route): Line => {
    const views =
      provider.kind === "router" ? provider.router.listeners.flatMap((listener) => listener.routes) : [provider];
    const whole = JSON.stringify(
      views.filter((one) => !("name" in one) || one.name === route.name).concat(service.clientPolicy as never),
    );
    const key = route.name === "" ? service.name : `${service.name} route ${route.name}`;
    return [key, { text: routeText(route), whole }];
  });
}

function routeText(route: DescribedRoute): string {
  return `${route.match} -> ${describedTargets(route)}`;
}
