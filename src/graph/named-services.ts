import { OF_THE_SIDECAR } from "../model/dialable.ts";
import { keyOf, type ObjectRef, refOf, type TypedObject } from "../model/mesh-object.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import { resolveLink } from "./resolve-reference.ts";
import type { NamedService } from "./service-state.ts";

/* Kubernetes Services that objects of the mesh name, and that have to be there for a name to resolve and a port to answer. */

/**
 * Says what is missing of the Service by whose name a node is found, for those who call it on one of these ports, whichever answers. A node that
 * nobody calls through the mesh needs no Service. Nothing follows from it, so that whoever only wants a view does not look.
 */
export function sayServiceFlaw(
  node: TypedObject<"VirtualNode"> | undefined,
  called: readonly number[],
  path: string,
  reader: MeshReader,
  say: Say,
): void {
  const hostname = node?.spec.serviceDiscovery?.dns?.hostname;
  if (say === SILENT || node === undefined || hostname === undefined || called.length === 0) return;
  const service = serviceNamed(hostname, node.metadata.namespace, reader);
  if (service === undefined || service.facts === "alias") return;
  const shown = `Service ${service.namespace}/${service.name}`;
  if (service.facts === undefined) {
    const found = `${shown}, by which ${node.metadata.name} is found (${hostname}), is not there`;
    say("no-service", path, found, "create it, or correct the node's dns.hostname");
    return;
  }
  const { ports, headless } = service.facts;
  // the addresses of a headless one are those of pods, which are called on their own ports
  if (headless || called.some((port) => ports.includes(port))) return;
  const [port = 0] = called;
  const found = `${shown}, by which ${node.metadata.name} is found, has no TCP port ${port}, which is called there; it has ${ports.join(", ") || "none"}`;
  const help = `give the Service a port ${port}; a listener's port is the number of both the Service and the app`;
  say("no-service", path, found, help);
}

/** Says that the name of a virtual service, by which apps call it, is that of a Service that is not there. */
export function calledByService(
  object: TypedObject<"VirtualService">,
  awsName: string,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): void {
  const { namespace } = object.metadata;
  const service = serviceNamed(awsName, namespace, reader);
  if (service === undefined || service.facts !== undefined || isOfGateway(object, mesh, reader)) return;
  const found = `no Service ${service.namespace}/${service.name} is there, so apps cannot look the name up`;
  say("no-service", "spec.awsName", found, "create one with the ports that are called; it needs no selector");
}

/** Gateways send to a service by its routes, and nobody looks its name up. */
function isOfGateway(service: TypedObject<"VirtualService">, mesh: ObjectRef<"Mesh">, reader: MeshReader): boolean {
  const own = keyOf(refOf(service));
  return reader.list("GatewayRoute").some((route) => {
    const { httpRoute, http2Route, grpcRoute } = route.spec;
    const from = { ref: refOf(route), mesh, path: "" };
    return [httpRoute, http2Route, grpcRoute].some((one) => {
      const target = one?.action.target.virtualService;
      if (target === undefined) return false;
      const written = { reference: target.virtualServiceRef, arn: target.virtualServiceARN };
      const link = resolveLink("VirtualService", written, from, reader, SILENT);
      return link.kind === "found" && keyOf(link.ref) === own;
    });
  });
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The Service that a name means for certain; undefined: it may be a name of the world, or nobody has told of Services. */
function serviceNamed(host: string, namespace: string, reader: MeshReader): NamedService | undefined {
  const service = reader.service(host, namespace);
  // wildcards and addresses are no Services
  if (service === undefined || !service.told || !LABEL.test(service.name)) return undefined;
  const isCertain = /\.svc(\.|$)/i.test(host) || reader.namespace(service.namespace) !== undefined;
  return isCertain && host.toLowerCase() !== "localhost" ? service : undefined;
}

/** Says which listeners stand on ports of the sidecar, and returns the others. */
export function usableListeners<L extends { readonly portMapping: { readonly port: number } }>(
  listeners: readonly L[],
  say: Say,
): readonly L[] {
  return listeners.filter(({ portMapping: { port } }, index) => {
    if (!OF_THE_SIDECAR.has(port)) return true;
    const found = `Envoy itself listens on port ${port} of the pod, so the listener is left out`;
    say("sidecar-port", `spec.listeners[${index}].portMapping.port`, found, "listen on another port");
    return false;
  });
}
