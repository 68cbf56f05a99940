import { compareTexts } from "../model/compare-texts.ts";
import type { ObjectRef, TypedObject } from "../model/mesh-object.ts";
import { notAName } from "../model/never-matches.ts";
import { endpointsOf } from "./annotations.ts";
import { withConnections } from "./connections.ts";
import { usableHealthCheck } from "./listener-fields.ts";
import type { MeshReader } from "./mesh-state.ts";
import { type Say, SILENT } from "./report.ts";
import { memberPorts } from "./resolve-members.ts";
import type { Used } from "./resolve-router.ts";
import { listenerTimeout } from "./timeouts.ts";
import type { DiscoveryView, ServiceView, TargetListenerView, TargetView } from "./view.ts";

/** The nodes that the services reach, sorted by name, each with the listeners that they do. */
export function resolveTargets(
  used: Used,
  services: readonly ServiceView[],
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
): readonly TargetView[] {
  const targets = [...used].flatMap(([name, { ref, ports }]) => {
    const node = reader.object(ref);
    if (node === undefined) return [];
    const discovery = discoveryOf(node, mesh, reader, SILENT);
    const members = memberPorts(node, discovery, reader, SILENT);
    const listeners = listenersOf(node, ports).map((listener) => ({
      ...listener,
      members: members.get(listener.port),
    }));
    const servicePorts = servicePortsOf(node, discovery, members.size > 0, reader);
    return [{ object: ref, name, discovery, hostname: hostnameOf(node.spec), servicePorts, listeners }];
  });
  return withConnections(
    targets.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    services,
  );
}

/** How a node is called, and so what its certificate names. */
export function hostnameOf({ serviceDiscovery }: TypedObject<"VirtualNode">["spec"]): string | undefined {
  const { dns, awsCloudMap } = serviceDiscovery ?? {};
  return awsCloudMap === undefined
    ? dns?.hostname || undefined
    : `${awsCloudMap.serviceName}.${awsCloudMap.namespaceName}`;
}

/** A headless Service limits whom its EndpointSlices name, and nobody who is found by DNS. */
function servicePortsOf(
  { metadata }: TypedObject<"VirtualNode">,
  discovery: DiscoveryView,
  isBySlices: boolean,
  reader: MeshReader,
): readonly number[] | undefined {
  if (discovery.kind !== "dns") return undefined;
  const facts = reader.service(discovery.hostname, metadata.namespace)?.facts;
  return facts === undefined || facts === "alias" || (facts.headless && !isBySlices) ? undefined : facts.ports;
}

/** Where clients find a node. */
export function discoveryOf(
  { metadata, spec }: TypedObject<"VirtualNode">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): DiscoveryView {
  const ports = (spec.listeners ?? []).map(({ portMapping }) => portMapping.port);
  const endpoints = endpointsOf(metadata.annotations, spec.podSelector !== undefined, ports, say);
  if (endpoints !== undefined) return { kind: "static", endpoints };
  const { dns, awsCloudMap } = spec.serviceDiscovery ?? {};
  const path = "spec.serviceDiscovery";
  if (dns !== undefined && awsCloudMap !== undefined) {
    say("ambiguous-field", path, "a node has dns or awsCloudMap, this has both; awsCloudMap counts", "remove one");
  }
  const ofMesh = reader.object(mesh)?.spec.meshServiceDiscovery?.ipPreference;
  if (awsCloudMap !== undefined) {
    const { namespaceName, serviceName, attributes = [], ipPreference } = awsCloudMap;
    const sorted = attributes.toSorted((a, b) => compareTexts(a.key, b.key)).map(({ key, value }) => ({ key, value }));
    const instances = { mesh: mesh.name, namespaceName, serviceName, attributes: sorted };
    return { kind: "cloudMap", instances, ipPreference: ipPreference ?? ofMesh };
  }
  if (dns === undefined || dns.hostname === "") {
    if ((spec.listeners ?? []).length > 0) {
      say("no-discovery", path, "the node listens, and nothing says where it is", "add dns or awsCloudMap");
    }
    return { kind: "none" };
  }
  const { hostname, responseType = "LOADBALANCER", ipPreference } = dns;
  const problem = notAName(hostname);
  if (problem !== undefined) {
    const found = `${JSON.stringify(hostname)} cannot be looked up: ${problem}`;
    say("no-discovery", `${path}.dns.hostname`, found, "write the name alone; the port is that of the listener");
  }
  return { kind: "dns", hostname, responseType, ipPreference: ipPreference ?? ofMesh };
}

function listenersOf(
  { spec }: TypedObject<"VirtualNode">,
  ports: ReadonlySet<number>,
): readonly Omit<TargetListenerView, "members" | "connections">[] {
  const byPort = new Map<number, Omit<TargetListenerView, "members" | "connections">>();
  for (const listener of spec.listeners ?? []) {
    const { port, protocol } = listener.portMapping;
    if (!ports.has(port) || byPort.has(port)) continue;
    const { outlierDetection, tls } = listener;
    const healthCheck = usableHealthCheck(listener, "", SILENT);
    byPort.set(port, { port, protocol, timeout: listenerTimeout(listener), healthCheck, outlierDetection, tls });
  }
  return [...byPort.values()].toSorted((a, b) => a.port - b.port);
}
