import { meshIdentity } from "../model/membership.ts";
import { type ObjectRef, sameObject, type TypedObject } from "../model/mesh-object.ts";
import type { VirtualNodeListener } from "../model/virtual-node.ts";
import { usableLog } from "./access-log.ts";
import { modeOf } from "./annotations.ts";
import { calledServices } from "./called-services.ts";
import { certificateNames } from "./certificate-names.ts";
import { signedListener } from "./certificate-problems.ts";
import type { GraphSettings } from "./graph-settings.ts";
import type { MeshReader } from "./mesh-state.ts";
import { usableListeners } from "./named-services.ts";
import { type Say, SILENT } from "./report.ts";
import { discoveryOf, hostnameOf } from "./resolve-target.ts";
import { listenerTimeout } from "./timeouts.ts";
import type { DiscoveryView, ListenerView, MeshView, NodeView } from "./view.ts";
import { hashed } from "./view-hash.ts";

/** What the proxies of a node may see; undefined for one that is not there, is in no mesh, or whose name is another's. */
export function resolveNode(
  ref: ObjectRef<"VirtualNode">,
  reader: MeshReader,
  settings: GraphSettings,
): NodeView | undefined {
  const node = reader.object(ref);
  const { mesh, awsName } = reader.placement(ref);
  if (node === undefined || mesh === undefined) return undefined;
  if (!sameObject(ref, reader.named("VirtualNode", mesh, awsName))) return undefined;
  const { services, targets } = calledServices(node, mesh, reader);
  const listeners = listenersOf(node);
  const spec = reader.object(mesh)?.spec;
  return hashed({
    kind: "virtualNode",
    object: ref,
    name: awsName,
    mesh: meshView(mesh, reader, settings),
    mode: viewMode(ref.namespace, mesh, reader, settings),
    certificateNames: certificateNamesOf(node, mesh, reader, SILENT),
    accessLog: usableLog(node.spec.logging?.accessLog?.file, SILENT),
    services,
    targets,
    listeners,
    egress: spec?.egressFilter?.type ?? "DROP_ALL",
    ipPreference: preferenceOf(discoveryOf(node, mesh, reader, SILENT)) ?? spec?.meshServiceDiscovery?.ipPreference,
  });
}

/** Names of the certificate that a node gets where a listener wants one of ACM, by an ARN that means no Secret; none where it may have none, which is said. */
export function certificateNamesOf(
  { metadata: { namespace }, spec }: TypedObject<"VirtualNode">,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  say: Say,
): readonly string[] {
  const index = signedListener(spec.listeners ?? [], reader);
  if (index < 0) return [];
  const { annotations = {} } = reader.object(mesh)?.metadata ?? {};
  const node = { namespace, hostname: hostnameOf(spec), mesh: { name: mesh.name, annotations } };
  const found = certificateNames(node, reader.clusterDomain);
  if (found.kind === "names") return found.names;
  const message = `${found.found}, so it gets no certificate and no TLS connection to it is made`;
  say("certificate-name", `spec.listeners[${index}].tls.certificate.acm`, message, found.help);
  return [];
}

function listenersOf({ spec }: TypedObject<"VirtualNode">): readonly ListenerView[] {
  const byPort = new Map<number, ListenerView>();
  for (const listener of usableListeners(spec.listeners ?? [], SILENT)) {
    // of two listeners on one port the first counts
    if (!byPort.has(listener.portMapping.port)) byPort.set(listener.portMapping.port, listenerView(listener));
  }
  return [...byPort.values()].toSorted((a, b) => a.port - b.port);
}

function listenerView(listener: VirtualNodeListener): ListenerView {
  const { port, protocol } = listener.portMapping;
  return {
    port,
    protocol,
    timeout: listenerTimeout(listener),
    connectionPool: listener.connectionPool,
    tls: listener.tls,
    namedTls: [],
  };
}

/** What a node says of itself counts before the mesh. */
function preferenceOf(discovery: DiscoveryView): NodeView["ipPreference"] {
  return "ipPreference" in discovery ? discovery.ipPreference : undefined;
}

/** The mesh as it stands in names. */
export function meshView(mesh: ObjectRef<"Mesh">, reader: MeshReader, { accountId }: GraphSettings): MeshView["mesh"] {
  const { awsName } = reader.placement(mesh);
  const meshOwner = reader.object(mesh)?.spec.meshOwner;
  return { ...meshIdentity({ awsName, meshOwner }, accountId), object: mesh };
}

/** The namespace's annotation counts, else the Mesh's, else the setting. */
export function viewMode(
  namespace: string,
  mesh: ObjectRef<"Mesh">,
  reader: MeshReader,
  settings: GraphSettings,
): MeshView["mode"] {
  const ofNamespace = modeOf(reader.namespace(namespace)?.annotations ?? {}, `namespace ${namespace}`, SILENT);
  const ofMesh = modeOf(reader.object(mesh)?.metadata.annotations ?? {}, `Mesh ${mesh.name}`, SILENT);
  return ofNamespace ?? ofMesh ?? settings.mesh;
}
