import type { TypedObject } from "../model/mesh-object.ts";
import { PORTS } from "../model/names.ts";
import type { MeshReader } from "./mesh-state.ts";
import type { Say } from "./report.ts";
import type { NamedService } from "./service-state.ts";
import type { DiscoveryView } from "./view.ts";

/* Kubernetes Services that objects of the mesh name, and that have to be there for a name to resolve and a port to answer. */

/** Says what is missing of the Service by whose name a node is found. */
export function foundByService(
  { metadata, spec }: TypedObject<"VirtualNode">,
  discovery: DiscoveryView,
  reader: MeshReader,
  say: Say,
): void {
  const listeners = spec.listeners ?? [];
  // who has no listener is not looked for
  if (discovery.kind !== "dns" || listeners.length === 0) return;
  const service = serviceNamed(discovery.hostname, metadata.namespace, reader);
  if (service === undefined || service.facts === "alias") return;
  const shown = `Service ${service.namespace}/${service.name}`;
  if (service.facts === undefined) {
    const found = `${shown}, which ${discovery.hostname} means, is not there`;
    say("no-service", "spec.serviceDiscovery.dns.hostname", found, "create it, or correct the name");
    return;
  }
  const { ports, headless } = service.facts;
  // the addresses of a headless one are those of pods, which are called on their own ports
  if (headless) return;
  for (const [index, { portMapping }] of listeners.entries()) {
    const { port } = portMapping;
    if (ports.includes(port)) continue;
    const found = `${shown} has no TCP port ${port}, which is called there; it has ${ports.join(", ") || "none"}`;
    const help = `give the Service a port ${port}; a listener's port is the number of both the Service and the app`;
    say("no-service", `spec.listeners[${index}].portMapping.port`, found, help);
  }
}

/** Says that the name of a virtual service, by which apps call it, is that of a Service that is not there. */
export function calledByService(
  object: TypedObject<"VirtualService">,
  awsName: string,
  reader: MeshReader,
  say: Say,
): void {
  const { namespace } = object.metadata;
  const service = serviceNamed(awsName, namespace, reader);
  if (service === undefined || service.facts !== undefined || isOfGateway(object, reader)) return;
  const found = `no Service ${service.namespace}/${service.name} is there, so apps cannot look the name up`;
  say("no-service", "spec.awsName", found, "create one with the ports that are called; it needs no selector");
}

/** Gateways send to a service by its routes, and nobody looks its name up. */
function isOfGateway({ metadata }: TypedObject<"VirtualService">, reader: MeshReader): boolean {
  return reader.list("GatewayRoute").some(({ metadata: route, spec }) =>
    [spec.httpRoute, spec.http2Route, spec.grpcRoute].some((one) => {
      const named = one?.action.target.virtualService.virtualServiceRef;
      return named?.name === metadata.name && (named.namespace || route.namespace) === metadata.namespace;
    }),
  );
}

/** The Service that a name means for certain; undefined: it may be a name of the world, or nobody has told of Services. */
function serviceNamed(host: string, namespace: string, reader: MeshReader): NamedService | undefined {
  const service = reader.service(host, namespace);
  if (service === undefined || !service.told) return undefined;
  const isCertain = /\.svc(\.|$)/i.test(host) || reader.namespace(service.namespace) !== undefined;
  return isCertain && host.toLowerCase() !== "localhost" ? service : undefined;
}

/** Ports on which no app can be found, for the sidecar is there. */
const OF_THE_SIDECAR: ReadonlySet<number> = new Set(Object.values(PORTS));

/** Says which listeners stand on ports of the sidecar, and returns the others. */
export function usableListeners<L extends { readonly portMapping: { readonly port: number } }>(
  listeners: readonly L[],
  say: Say,
): readonly L[] {
  return listeners.filter(({ portMapping: { port } }, index) => {
    if (!OF_THE_SIDECAR.has(port)) return true;
    const found = `the sidecar itself listens on port ${port}, so the listener is left out`;
    say("sidecar-port", `spec.listeners[${index}].portMapping.port`, found, "let the app listen on another port");
    return false;
  });
}
