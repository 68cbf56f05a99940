import type { MeshGraph } from "../../graph/graph.ts";
import type { Problem } from "../../graph/problem.ts";
import { inOrder } from "../../graph/route-order.ts";
import type { GatewayRouteView, GatewayView, ServiceView } from "../../graph/view.ts";
import { keyOf, type ObjectRef, refOf } from "../../model/mesh-object.ts";

/** A target with a weight that has nobody, and why. */
export interface MissingTarget {
  readonly weight: number;
  readonly why: string;
  readonly help: string;
}

export interface Reason {
  readonly why: string;
  readonly help: string;
}

const SEE_PROBLEMS = "see what is wrong with it: outrigger problems";

/** The targets of a service's route that have nobody, as problems of its router say it. `route`: its name; undefined: the first of TCP on `port`. */
export function missingTargets(
  { provider }: ServiceView,
  port: number,
  route: string | undefined,
  graph: MeshGraph,
): readonly MissingTarget[] {
  if (provider.kind !== "router") return [];
  const { object, listeners } = provider.router;
  const routes = listeners.find((listener) => listener.port === port)?.routes ?? [];
  const [firstOfTcp] = inOrder(routes.filter(({ protocol }) => protocol === "tcp"));
  const taken = route === undefined ? firstOfTcp : routes.find(({ name }) => name === route);
  const router = graph.object(object);
  if (taken === undefined || router?.kind !== "VirtualRouter") return [];
  // of two routes of one name the first counts
  const index = (router.spec.routes ?? []).findIndex(({ name }) => name === taken.name);
  return taken.targets.flatMap(({ kind, weight }, place) => {
    if (kind !== "missing" || weight === 0) return [];
    const at = new RegExp(`^spec\\.routes\\[${index}\\]\\.\\w+\\.action\\.weightedTargets\\[${place}\\]`);
    const why = "the node of this weight, or the listener of its port, is not there";
    return [{ weight, ...(problemAt(graph, object, at) ?? { why, help: SEE_PROBLEMS }) }];
  });
}

/** Why a service has no provider. */
export function missingProvider({ name, object }: ServiceView, graph: MeshGraph): Reason {
  const said = problemAt(graph, object, /^spec\.provider\b/);
  const help = `give VirtualService ${object.namespace}/${object.name} a provider: a virtual router or a virtual node`;
  const why = `virtual service ${name} has no provider that is there`;
  return said === undefined ? { why, help } : { why: `${why}: ${said.why}`, help: said.help };
}

/** Which routes of a service's router are on none of its ports, and why. */
export function routesLeftOut({ provider }: ServiceView, graph: MeshGraph): readonly Reason[] {
  const router = provider.kind === "router" ? graph.object(provider.router.object) : undefined;
  if (provider.kind !== "router" || router?.kind !== "VirtualRouter") return [];
  const { object, listeners } = provider.router;
  const asked = new Set(listeners.flatMap(({ routes }) => routes.map(({ name }) => name)));
  return (router.spec.routes ?? []).flatMap(({ name }, index) => {
    const said = asked.has(name) ? undefined : problemAt(graph, object, new RegExp(`^spec\\.routes\\[${index}\\]`));
    return said === undefined ? [] : [{ why: `route ${name}: ${said.why}`, help: said.help }];
  });
}

/**
 * Which gateway routes that a gateway could have does not have, and why: those that are wrong in themselves, and those of its mesh that no gateway
 * takes, or that several would.
 */
export function gatewayRoutesLeftOut(view: GatewayView, graph: MeshGraph): readonly Reason[] {
  const asked = new Set(view.routes.filter(({ on }) => on.length > 0).map(({ object }) => keyOf(object)));
  return graph.list("GatewayRoute").flatMap((route) => {
    const ref = refOf(route) as ObjectRef<"GatewayRoute">;
    const standing = graph.standing(ref);
    if (asked.has(keyOf(ref)) || standing?.mesh !== view.mesh.name) return [];
    if (standing.gateway !== undefined && standing.gateway !== view.name) return [];
    const said = problemAt(graph, ref, /^(?!spec\.\w+\.action\.target\b)/);
    return said === undefined ? [] : [{ why: `${keyOf(ref)} is none of its routes: ${said.why}`, help: said.help }];
  });
}

/** Why a gateway route has nobody to send to. */
export function missingService(
  { object, target }: GatewayRouteView,
  services: readonly ServiceView[],
  graph: MeshGraph,
): Reason {
  const service = services.find(({ name }) => name === target.name);
  const router = service?.provider.kind === "router" ? service.provider.router.object : undefined;
  return (
    problemAt(graph, object, /^spec\.\w+\.action\.target\b/) ??
    (router && problemAt(graph, router, /^spec\.listeners$/)) ?? {
      why: `virtual service ${target.name} is not there, or is not called over HTTP`,
      help: SEE_PROBLEMS,
    }
  );
}

function problemAt(graph: MeshGraph, object: ObjectRef, at: RegExp): Reason | undefined {
  const found = graph.problems(object).find(({ path }) => at.test(path));
  return found && { why: withCode(found), help: found.help };
}

/** As `outrigger problems` has it, with the code by which it explains it. */
export function withCode({ message, code }: Problem): string {
  return `${message} (${code})`;
}
