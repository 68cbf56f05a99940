import type { Kind, NamedKind } from "../model/kinds.ts";
import { type MeshObject, type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";
import type { Route } from "../model/virtual-router.ts";
import { gatewayOf } from "./gateway-of-route.ts";
import type { MeshReader } from "./mesh-state.ts";
import { SILENT } from "./report.ts";
import { resolveLink, type WrittenLink } from "./resolve-reference.ts";

/** How one object names another, or is taken by it. */
export type Relation = "backend" | "backend group" | "provider" | "target" | "gateway" | "virtual service" | "member";

/** One reference out of an object. */
export interface ObjectLink {
  readonly relation: Relation;
  /** Where it stands, such as `spec.backends[0].virtualService`; empty: selectors decide. */
  readonly path: string;
  /** Of a target of a router: the name of its route, and its weight. */
  readonly route: { readonly name: string; readonly weight: number } | undefined;
  /** The object that it comes to, by name and mesh; undefined: there is none. */
  readonly to: ObjectRef | undefined;
  /** What is written, where there is none: a name or an ARN; empty: nothing. */
  readonly written: string;
  /** There is none because what is named cannot be read. */
  readonly isUnreadable: boolean;
}

/** Every reference of an object to others of its mesh, in the order of the object. What is wrong with them is a problem of the object, and not said here. */
export function linksOf(object: MeshObject, reader: MeshReader): readonly ObjectLink[] {
  const ref = refOf(object) as ObjectRef;
  const { mesh } = reader.placement(ref);
  if (mesh === undefined) return [];
  const link = <K extends NamedKind>(
    relation: Relation,
    kind: K,
    written: WrittenLink,
    path: string,
    route?: ObjectLink["route"],
  ): ObjectLink => {
    const found = resolveLink(kind, written, { ref, mesh, path }, reader, SILENT);
    if (found.kind === "found") return { relation, path, route, to: found.ref, written: "", isUnreadable: false };
    const isUnreadable = cannotBeRead(kind, written, ref.namespace, reader);
    return { relation, path, route, to: undefined, written: writtenText(written, ref.namespace), isUnreadable };
  };
  switch (object.kind) {
    case "VirtualNode":
      return [
        ...(object.spec.backends ?? []).map(({ virtualService }, index) => {
          const written = { reference: virtualService.virtualServiceRef, arn: virtualService.virtualServiceARN };
          return link("backend", "VirtualService", written, `spec.backends[${index}].virtualService`);
        }),
        ...(object.spec.backendGroups ?? []).map(({ name, namespace }, index) =>
          groupLink({ name, namespace: namespace || ref.namespace }, mesh, `spec.backendGroups[${index}]`, reader),
        ),
      ];
    case "VirtualService": {
      const { virtualNode, virtualRouter } = object.spec.provider ?? {};
      const node = virtualNode && { reference: virtualNode.virtualNodeRef, arn: virtualNode.virtualNodeARN };
      const router = virtualRouter && {
        reference: virtualRouter.virtualRouterRef,
        arn: virtualRouter.virtualRouterARN,
      };
      return [
        ...(node === undefined ? [] : [link("provider", "VirtualNode", node, "spec.provider.virtualNode")]),
        ...(router === undefined ? [] : [link("provider", "VirtualRouter", router, "spec.provider.virtualRouter")]),
      ];
    }
    case "VirtualRouter":
      return (object.spec.routes ?? []).flatMap((route, index) =>
        targetsOf(route).map(({ virtualNodeRef, virtualNodeARN, weight }) =>
          link("target", "VirtualNode", { reference: virtualNodeRef, arn: virtualNodeARN }, `spec.routes[${index}]`, {
            name: route.name,
            weight,
          }),
        ),
      );
    case "GatewayRoute":
      return [gatewayLink(object, mesh, reader), ...serviceLinks(object, link)];
    case "BackendGroup":
      return (object.spec.virtualservices ?? []).map((reference, index) =>
        link("member", "VirtualService", { reference, arn: undefined }, `spec.virtualservices[${index}]`),
      );
    case "Mesh":
    case "VirtualGateway":
      return [];
  }
}

function targetsOf({ httpRoute, http2Route, grpcRoute, tcpRoute }: Route) {
  return [httpRoute, http2Route, grpcRoute, tcpRoute].flatMap((route) => route?.action.weightedTargets ?? []);
}

function serviceLinks(
  { spec }: TypedObject<"GatewayRoute">,
  link: (relation: Relation, kind: "VirtualService", written: WrittenLink, path: string) => ObjectLink,
): readonly ObjectLink[] {
  return (["httpRoute", "http2Route", "grpcRoute"] as const).flatMap((field) => {
    const target = spec[field]?.action.target.virtualService;
    if (target === undefined) return [];
    const written = { reference: target.virtualServiceRef, arn: target.virtualServiceARN };
    return [link("virtual service", "VirtualService", written, `spec.${field}.action.target.virtualService`)];
  });
}

function gatewayLink(route: TypedObject<"GatewayRoute">, mesh: ObjectRef<"Mesh">, reader: MeshReader): ObjectLink {
  const found = gatewayOf(route, mesh, reader);
  const { virtualGatewayRef } = route.spec;
  const to: ObjectRef | undefined =
    found.kind === "found"
      ? { kind: "VirtualGateway", namespace: found.object.namespace, name: found.object.name }
      : undefined;
  const written = virtualGatewayRef && { reference: virtualGatewayRef, arn: undefined };
  return {
    relation: "gateway",
    path: written === undefined ? "" : "spec.virtualGatewayRef",
    route: undefined,
    to,
    written: to !== undefined || written === undefined ? "" : writtenText(written, route.metadata.namespace),
    isUnreadable:
      to === undefined &&
      written !== undefined &&
      cannotBeRead("VirtualGateway", written, route.metadata.namespace, reader),
  };
}

/** A group named `*` is all services of a namespace, and no object. */
function groupLink(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  mesh: ObjectRef<"Mesh">,
  path: string,
  reader: MeshReader,
): ObjectLink {
  const ref = { kind: "BackendGroup", namespace, name } as const satisfies ObjectRef<Kind>;
  const isThere = reader.object(ref) !== undefined && reader.placement(ref).mesh?.name === mesh.name;
  const written = name === "*" ? `every VirtualService of namespace ${namespace}` : `${namespace}/${name}`;
  return {
    relation: "backend group",
    path,
    route: undefined,
    to: isThere ? ref : undefined,
    written: isThere ? "" : written,
    isUnreadable: cannotBeRead("BackendGroup", { reference: { name, namespace }, arn: undefined }, namespace, reader),
  };
}

/** Whether what is named by its name in Kubernetes is there, and never could be read. */
function cannotBeRead(kind: Kind, { reference, arn }: WrittenLink, namespace: string, reader: MeshReader): boolean {
  if (arn !== undefined || reference === undefined) return false;
  const ref = { kind, namespace: reference.namespace || namespace, name: reference.name } as ObjectRef;
  return reader.object(ref) === undefined && reader.refused(ref).length > 0;
}

function writtenText({ reference, arn }: WrittenLink, namespace: string): string {
  if (arn !== undefined) return arn;
  return reference === undefined ? "" : `${reference.namespace || namespace}/${reference.name}`;
}
