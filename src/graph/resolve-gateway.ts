import { type ObjectRef, refOf, sameObject, type TypedObject } from "../model/mesh-object.ts";
import type { VirtualGatewaySpec } from "../model/virtual-gateway.ts";
import { usableLog } from "./access-log.ts";
import { clientAddressOf } from "./annotations.ts";
import { namesOfNamespace } from "./certificate-names.ts";
import { signedListener } from "./certificate-problems.ts";
import { mayTake, routeNamed } from "./gateway-of-route.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { MeshReader } from "./mesh-state.ts";
import { usableListeners } from "./named-services.ts";
import { type Say, SILENT } from "./report.ts";
import { gatewayTarget, resolveGatewayRoute, type WrittenRoute } from "./resolve-gateway-route.ts";
import { meshView, viewMode } from "./resolve-node.ts";
import type { Used } from "./resolve-router.ts";
import { type CalledService, resolveService } from "./resolve-service.ts";
import { resolveTargets } from "./resolve-target.ts";
import type { GatewayListenerView, GatewayRouteView, GatewayView, ServiceView, TargetView } from "./view.ts";
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
  if (!sameObject(ref, reader.named("VirtualGateway", mesh, awsName))) return undefined;
  const listeners = gatewayListeners(gateway.spec);
  const { routes, services, targets } = gatewayCalls(gateway, mesh, reader);
  return hashed({
    kind: "virtualGateway",
    object: ref,
    name: awsName,
    mesh: meshView(mesh, reader, settings),
    mode: viewMode(ref.namespace, mesh, reader, settings),
    certificateNames: gatewayCertificateNamesOf(gateway, mesh, reader, SILENT),
    accessLog: usableLog(gateway.spec.logging?.accessLog?.file, SILENT),
    services,
    targets,
    listeners,
    routes,
    clientAddress: clientAddressOf(gateway.metadata.annotations, SILENT),
  });
}

/** Names of the certificate that a gateway gets where a listener wants one of ACM, by an ARN that means no Secret; none where there is none, which is said. */
export function gatewayCertificateNamesOf(
  { metadata: { namespace }, spec }: TypedObject<"VirtualGateway">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): readonly string[] {
  const index = signedListener(spec.listeners ?? [], reader);
  if (index < 0) return [];
  const { annotations = {} } = reader.object(mesh)?.metadata ?? {};
  const services = reader.serviceNames(namespace);
  const owner = { namespace, services: services ?? [], mesh: { name: mesh.name, annotations } };
  const { names, found, help } = namesOfNamespace(owner, reader.clusterDomain);
  // of files nobody knows what Services there are
  if (found !== undefined && services !== undefined) {
    say("certificate-name", `spec.listeners[${index}].tls.certificate.acm`, found, help);
  }
  return names;
}

interface GatewayCalls {
  readonly routes: readonly GatewayRouteView[];
  readonly services: readonly ServiceView[];
  readonly targets: readonly TargetView[];
}

/** The routes that a gateway takes, the services that they send to and the nodes that those reach. */
export function gatewayCalls(
  gateway: TypedObject<"VirtualGateway">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): GatewayCalls {
  const taken = routesOf(gateway, mesh, reader);
  const clientPolicy = gateway.spec.backendDefaults?.clientPolicy;
  const called = new Map<string, CalledService>();
  for (const { written } of taken) {
    const { service } = written;
    if (service.kind === "found") called.set(service.awsName, { ...service, clientPolicy });
  }
  const used: Used = new Map();
  const services = [...called.values()]
    .toSorted((a, b) => (a.awsName < b.awsName ? -1 : 1))
    .map((service) => resolveService(service, mesh, reader, used, SILENT));
  const targets = resolveTargets(used, services, mesh, reader);
  const routes = taken.map(({ object, name, written }): GatewayRouteView => {
    const { service: link } = written;
    const service = services.find((each) => link.kind === "found" && each.name === link.awsName);
    return { ...written.view, object, name, target: gatewayTarget(written, service, targets, SILENT) };
  });
  return {
    routes: routes.toSorted((a, b) => comparePriority(a.priority, b.priority) || (a.name < b.name ? -1 : 1)),
    services,
    targets,
  };
}

interface TakenRoute {
  readonly object: ObjectRef<"GatewayRoute">;
  readonly name: string;
  readonly written: WrittenRoute;
}

function routesOf(
  taking: TypedObject<"VirtualGateway">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): readonly TakenRoute[] {
  const { metadata, spec } = taking;
  const gateway = { kind: "VirtualGateway", namespace: metadata.namespace, name: metadata.name } as const;
  const listeners = gatewayListeners(spec);
  return reader.list("GatewayRoute").flatMap((route): TakenRoute[] => {
    if (!mayTake(taking, route, reader)) return [];
    const object = refOf(route) as ObjectRef<"GatewayRoute">;
    const { mesh: own, awsName: name } = reader.placement(object);
    if (own?.name !== mesh.name) return [];
    // only a route that this gateway takes has a name there
    if (!sameObject(object, routeNamed(name, gateway, mesh, reader))) return [];
    const written = resolveGatewayRoute(route, listeners, mesh, reader, SILENT);
    return written === undefined ? [] : [{ object, name, written }];
  });
}

/** Of two listeners on one port the first counts; sorted by port, without those on ports of Envoy's own. */
export function gatewayListeners(spec: VirtualGatewaySpec): readonly GatewayListenerView[] {
  const byPort = new Map<number, GatewayListenerView>();
  for (const { portMapping, connectionPool, tls } of usableListeners(spec.listeners ?? [], SILENT)) {
    const { port, protocol } = portMapping;
    if (!byPort.has(port)) byPort.set(port, { port, protocol, connectionPool, tls });
  }
  return [...byPort.values()].toSorted((a, b) => a.port - b.port);
}

/** Those without one come last. */
function comparePriority(a: number | undefined, b: number | undefined): number {
  return (a ?? Number.MAX_SAFE_INTEGER) - (b ?? Number.MAX_SAFE_INTEGER);
}
