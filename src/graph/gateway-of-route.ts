import { gatewayOfRoute, type Membership, type NamespaceLabels, type SelectsRoutes } from "../model/membership.ts";
import { type MeshObject, type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";
import { describeSelector } from "../model/selector.ts";
import { acceptedAs } from "./accepted-as.ts";
import { isStrict, ownerOfName } from "./claims.ts";
import { selectorOf } from "./label-selector.ts";
import type { MeshReader } from "./mesh-state.ts";
import { listed } from "./shown.ts";

/* Which gateway takes a route, and under whose name. */

interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** The gateway of a route among those of its mesh. */
export function gatewayOf(
  route: TypedObject<"GatewayRoute">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): Membership<Place> {
  const gateways = gatewaysOf(mesh, reader).map(selecting);
  const reference = referenceOf(route);
  const stays = reference !== undefined && wasTakenBy(reference, route, mesh, reader);
  return gatewayOfRoute({ labels: route.metadata.labels, reference }, stays, gateways, namespaceOf(route, reader));
}

/** Whether {@link gatewayOf} may find this gateway, as far as it and the route say: asked first, for most routes are of another one. */
export function mayTake(
  gateway: TypedObject<"VirtualGateway">,
  route: TypedObject<"GatewayRoute">,
  reader: MeshReader,
): boolean {
  const asked = { labels: route.metadata.labels, reference: referenceOf(route) };
  return gatewayOfRoute(asked, true, [selecting(gateway)], namespaceOf(route, reader)).kind === "found";
}

/** What helps a route that no gateway takes: what each one of the mesh asks of those that it takes. */
export function takerWanted(mesh: ObjectRef<"Mesh">, reader: MeshReader): string {
  const gateways = gatewaysOf(mesh, reader).map(selecting);
  if (gateways.length === 0) return "create a VirtualGateway whose namespaceSelector selects the route's namespace";
  const wanted = gateways.map(({ namespace, name, namespaceSelector, gatewayRouteSelector }) => {
    const title = `${namespace}/${name}`;
    if (namespaceSelector === undefined) return `${title} has no namespaceSelector, so it takes none`;
    const ofRoute =
      gatewayRouteSelector === undefined ? "" : `, and of the route ${describeSelector(gatewayRouteSelector)}`;
    return `${title} wants of the namespace ${describeSelector(namespaceSelector)}${ofRoute}`;
  });
  return `change labels, or selectors of a gateway: ${listed(wanted)}`;
}

function gatewaysOf(mesh: ObjectRef<"Mesh">, reader: MeshReader): readonly TypedObject<"VirtualGateway">[] {
  return reader.list("VirtualGateway").filter((gateway) => reader.placement(refOf(gateway)).mesh?.name === mesh.name);
}

function selecting({ metadata, spec }: TypedObject<"VirtualGateway">): SelectsRoutes {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    namespaceSelector: selectorOf(spec.namespaceSelector),
    gatewayRouteSelector: selectorOf(spec.gatewayRouteSelector),
  };
}

function referenceOf({ metadata, spec }: TypedObject<"GatewayRoute">): Place | undefined {
  const written = spec.virtualGatewayRef;
  return written && { name: written.name, namespace: written.namespace || metadata.namespace };
}

function namespaceOf({ metadata: { namespace } }: TypedObject<"GatewayRoute">, reader: MeshReader): NamespaceLabels {
  return { name: namespace, labels: reader.namespace(namespace)?.labels ?? {} };
}

/** Whether the gateway that a route names is the one that took it: a selector that was changed re-assigns nothing, and a reference neither. */
function wasTakenBy(
  gateway: Place,
  route: TypedObject<"GatewayRoute">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): boolean {
  const accepted = acceptedAs(route);
  return (
    accepted?.mesh === reader.placement(mesh).awsName &&
    accepted.parent === reader.placement({ kind: "VirtualGateway", ...gateway }).awsName
  );
}

/** All routes of a gateway that claim one name, sorted. Routes of different gateways never meet. */
export function routesNamed(
  awsName: string,
  gateway: Place,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): readonly TypedObject<"GatewayRoute">[] {
  return reader.claimants("GatewayRoute", mesh, awsName).flatMap((ref) => {
    const route = reader.object(ref as ObjectRef<"GatewayRoute">);
    const taken = route && gatewayOf(route, mesh, reader);
    const isOfGateway =
      taken?.kind === "found" && taken.object.name === gateway.name && taken.object.namespace === gateway.namespace;
    return isOfGateway ? [route as TypedObject<"GatewayRoute">] : [];
  });
}

/** The route that has a name at a gateway. */
export function routeNamed(
  awsName: string,
  gateway: Place,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): ObjectRef<"GatewayRoute"> | undefined {
  return ownerAmong(routesNamed(awsName, gateway, mesh, reader), awsName, mesh, reader);
}

/** The one of a gateway's routes of one name that has it. */
export function ownerAmong(
  routes: readonly TypedObject<"GatewayRoute">[],
  awsName: string,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): ObjectRef<"GatewayRoute"> | undefined {
  const name = { kind: "GatewayRoute", awsName, mesh: reader.placement(mesh).awsName } as const;
  const owner = ownerOfName(name, routes, {
    isStrict: isStrict(reader.object(mesh)),
    exists: (namespace) => reader.namespace(namespace) !== undefined,
  });
  return owner && (refOf(owner as MeshObject) as ObjectRef<"GatewayRoute">);
}
