import { type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";
import { usableLog } from "./access-log.ts";
import { gatewayOf, routeNamed } from "./gateway-of-route.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import { meshView, viewMode } from "./resolve-node.ts";
import { type Link, resolveLink } from "./resolve-reference.ts";
import type { Used } from "./resolve-router.ts";
import { type CalledService, resolveService } from "./resolve-service.ts";
import { resolveTargets } from "./resolve-target.ts";
import { unserved } from "./unserved.ts";
import type { GatewayListenerView, GatewayRouteView, GatewayView } from "./view.ts";
import { hashed } from "./view-hash.ts";

/** What the proxies of a gateway may see; undefined for one that is not there, is in no mesh, or whose name is another's. */
export function resolveGateway(
  ref: ObjectRef<"VirtualGateway">,
  reader: MeshReader,
  settings: GraphSettings,
): GatewayView | undefined {
  const gateway = reader.object(ref);
  const { mesh, awsName } = reader.placement(ref);
  if (gateway === undefined || mesh === undefined) return undefined;
  const owner = reader.named("VirtualGateway", mesh, awsName);
  if (owner?.name !== ref.name || owner.namespace !== ref.namespace) return undefined;
  const called = new Map<string, CalledService>();
  const routes = routesOf(ref, mesh, reader, called, gateway.spec.backendDefaults?.clientPolicy);
  const used: Used = new Map();
  const services = [...called.values()]
    .toSorted((a, b) => (a.awsName < b.awsName ? -1 : 1))
    .map((service) => resolveService(service, mesh, reader, used, SILENT));
  const targets = resolveTargets(used, services, mesh, reader);
  const listeners = listenersOf(gateway);
  const features = ["virtual gateway" as const, ...unserved(listeners, services, targets)];
  return hashed({
    kind: "virtualGateway",
    object: ref,
    name: awsName,
    mesh: meshView(mesh, reader, settings),
    mode: features.length > 0 ? "observe" : viewMode(ref.namespace, mesh, reader, settings),
    unserved: features,
    accessLog: usableLog(gateway.spec.logging?.accessLog?.file, SILENT),
    services,
    targets,
    listeners,
    routes,
  });
}

/** The service that a gateway route sends to, and which of its types the route has; undefined where it has none or several. */
export function routeTarget(
  { metadata, spec }: TypedObject<"GatewayRoute">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): { readonly route: GatewayRouteView["route"]; readonly service: Link<"VirtualService"> } | undefined {
  const fields = (["httpRoute", "http2Route", "grpcRoute"] as const).filter((field) => spec[field] !== undefined);
  const [field, ...others] = fields;
  const given = field && spec[field];
  if (field === undefined || given === undefined || others.length > 0) {
    const found = fields.join(" and ") || "none";
    say(
      "ambiguous-field",
      "spec",
      `a gateway route has exactly one of httpRoute, http2Route and grpcRoute, this has ${found}`,
      "give one",
    );
    return undefined;
  }
  const ref = { kind: "GatewayRoute", namespace: metadata.namespace, name: metadata.name } as const;
  const { virtualServiceRef, virtualServiceARN } = given.action.target.virtualService;
  const from = { ref, mesh, path: `spec.${field}.action.target.virtualService` };
  const service = resolveLink(
    "VirtualService",
    { reference: virtualServiceRef, arn: virtualServiceARN },
    from,
    reader,
    say,
  );
  return { route: { [field]: given }, service };
}

function routesOf(
  gateway: ObjectRef<"VirtualGateway">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  called: Map<string, CalledService>,
  clientPolicy: CalledService["clientPolicy"],
): readonly GatewayRouteView[] {
  const routes = reader.list("GatewayRoute").flatMap((route): GatewayRouteView[] => {
    const ref = refOf(route) as ObjectRef<"GatewayRoute">;
    const placement = reader.placement(ref);
    if (placement.mesh?.name !== mesh.name) return [];
    const membership = gatewayOf(route, mesh, reader);
    if (membership.kind !== "found") return [];
    if (membership.object.name !== gateway.name || membership.object.namespace !== gateway.namespace) return [];
    const owner = routeNamed(placement.awsName, gateway, mesh, reader);
    if (owner?.name !== ref.name || owner.namespace !== ref.namespace) return [];
    const target = routeTarget(route, mesh, reader, SILENT);
    if (target === undefined) return [];
    const { service } = target;
    const common = { object: ref, name: placement.awsName, priority: route.spec.priority, route: target.route };
    if (service.kind === "missing") return [{ ...common, service: undefined }];
    called.set(service.awsName, { ...service, clientPolicy });
    return [{ ...common, service: service.awsName }];
  });

  return routes.toSorted((a, b) => comparePriority(a.priority, b.priority) || (a.name < b.name ? -1 : 1));
}

function listenersOf({ spec }: TypedObject<"VirtualGateway">): readonly GatewayListenerView[] {
  const byPort = new Map<number, GatewayListenerView>();
  for (const { portMapping, connectionPool, tls } of spec.listeners ?? []) {
    const { port, protocol } = portMapping;
    if (!byPort.has(port)) byPort.set(port, { port, protocol, connectionPool, tls });
  }
  return [...byPort.values()].toSorted((a, b) => a.port - b.port);
}

/** Those without one come last. */
function comparePriority(a: number | undefined, b: number | undefined): number {
  return (a ?? Number.MAX_SAFE_INTEGER) - (b ?? Number.MAX_SAFE_INTEGER);
}
