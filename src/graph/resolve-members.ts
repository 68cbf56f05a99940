import type { TypedObject } from "../model/mesh-object.ts";
import type { ServicePort } from "../model/services.ts";
import { DISCOVERY_KEY, lookupOf } from "./annotations.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import type { DiscoveryView } from "./view.ts";

/**
 * Of which port of which Service each listener's members are asked, by the port of the listener: where EndpointSlices are asked for, by the node or
 * by the setting, and the host name is that of a Service which has them. What is not among them is looked up by DNS; only a node that asks
 * for the other itself is told why.
 */
export function memberPorts(
  { metadata, spec }: TypedObject<"VirtualNode">,
  discovery: DiscoveryView,
  reader: MeshReader,
  say: Say,
): ReadonlyMap<number, ServicePort> {
  if (discovery.kind !== "dns") return NONE;
  const asked = lookupOf(metadata.annotations, say);
  if ((asked ?? reader.discovery) === "dns") return NONE;
  const explain = asked === undefined ? SILENT : say;
  const { hostname } = discovery;
  const service = reader.service(hostname, metadata.namespace);
  const stays = (found: string, help: string): typeof NONE => {
    explain("stays-dns", "spec.serviceDiscovery.dns.hostname", `${found}, so it is looked up by DNS`, help);
    return NONE;
  };
  if (service?.facts === undefined) {
    const help = `write the name of a Service, or take the annotation ${DISCOVERY_KEY} away`;
    return stays(`${hostname} names no Service of the cluster`, help);
  }
  const { namespace, name, facts } = service;
  const shown = `Service ${namespace}/${name}`;
  if (facts === "alias") return stays(`${shown} is an alias (ExternalName)`, `name the Service that it stands for`);
  if (!facts.hasSlices) return stays(`${shown} has no EndpointSlices`, "give it a selector, or EndpointSlices");
  const found = new Map<number, ServicePort>();
  for (const [index, { portMapping }] of (spec.listeners ?? []).entries()) {
    const { port } = portMapping;
    if (facts.ports.includes(port)) found.set(port, { namespace, service: name, port });
    else {
      const message = `${shown} has no TCP port ${port}, so the listener is looked up by DNS`;
      explain("stays-dns", `spec.listeners[${index}].portMapping.port`, message, `add the port to the Service`);
    }
  }
  return found;
}

const NONE: ReadonlyMap<number, ServicePort> = new Map();
