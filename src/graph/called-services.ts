import type { ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { calledPorts } from "./called-ports.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import { resolveBackends } from "./resolve-backends.ts";
import type { Used } from "./resolve-router.ts";
import { resolveService } from "./resolve-service.ts";
import { resolveTargets } from "./resolve-target.ts";
import type { ServiceView, TargetView } from "./view.ts";

/** What a node calls. */
export interface Called {
  readonly services: readonly ServiceView[];
  readonly targets: readonly TargetView[];
}

/** The services that a node calls, with the addresses by which connections to them are told from others, and the nodes that they reach. */
export function calledServices(node: TypedObject<"VirtualNode">, mesh: ObjectRef<"Mesh">, reader: MeshReader): Called {
  const used: Used = new Map();
  const services = resolveBackends(node, mesh, reader, SILENT).map((service) =>
    resolveService(service, mesh, reader, used, SILENT),
  );
  const targets = resolveTargets(used, services, mesh, reader);
  const calls = services.map((service) => ({ service, ...calledPorts(service, targets) }));
  const ofTcp = new Set(calls.flatMap(({ tcp }) => tcp));
  const isOpen = reader.object(mesh)?.spec.egressFilter?.type === "ALLOW_ALL";
  const { namespace } = node.metadata;
  const addressesOf = ({ name }: ServiceView, ports: readonly number[]): ServiceView["addresses"] => {
    if (ports.some((port) => ofTcp.has(port))) return reader.addresses(name, namespace);
    return isOpen ? ownAddresses(name, namespace, reader) : undefined;
  };
  return {
    services: calls.map(({ service, tcp, http }) => ({
      ...service,
      addresses: addressesOf(service, [...tcp, ...http]),
    })),
    targets,
  };
}

/**
 * Of a Service that has addresses of its own; undefined of any other, whose addresses change with its pods, and of a short name, which means
 * another Service to pods of another namespace.
 */
function ownAddresses(host: string, namespace: string, reader: MeshReader): ServiceView["addresses"] {
  if (!host.includes(".")) return undefined;
  const facts = reader.service(host, namespace)?.facts;
  return facts === undefined || facts === "alias" || facts.headless ? undefined : reader.addresses(host, namespace);
}

/** Says which TCP services cannot be told from another service on their port. */
export function alikeServices({ services, targets }: Called, say: Say): void {
  const calls = services.map((service) => ({ ...service, ...calledPorts(service, targets) }));
  for (const port of new Set(calls.flatMap(({ tcp }) => tcp))) {
    const tcp = calls.filter((call) => call.tcp.includes(port));
    const http = calls.filter((call) => call.http.includes(port));
    const unknown = tcp.filter(({ addresses }) => addresses === undefined).map(({ name }) => name);
    const [first = "", ...others] = unknown;
    if (first !== "" && http.length > 0) {
      const message = `port ${port} is called over HTTP too, and no address is known of ${unknown.join(", ")}`;
      say("alike-services", "spec.backends", `${message}: connections to it are taken for HTTP`, HELP);
    } else if (others.length > 0) {
      const message = `on port ${port} no address is known of ${unknown.join(", ")}`;
      say("alike-services", "spec.backends", `${message}: all their connections go to ${first}`, HELP);
    }
    const byAddress = new Map<string, string>();
    for (const { name, addresses = [] } of [...http, ...tcp]) {
      const has = addresses.map((address) => byAddress.get(address)).find((other) => other !== undefined);
      const isTcp = tcp.some((call) => call.name === name);
      if (has !== undefined && isTcp) {
        const message = `on port ${port} ${name} has the address of ${has}, which gets its connections`;
        say("alike-services", "spec.backends", message, HELP);
      }
      for (const address of addresses) if (!byAddress.has(address)) byAddress.set(address, name);
    }
  }
}

const HELP = "name each after a Kubernetes Service of its own, or give each another port";
