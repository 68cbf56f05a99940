import { endpointsOf } from "../graph/annotations.ts";
import { SILENT } from "../graph/report.ts";
import { serverTls } from "../graph/tls.ts";
import type { MeshObject } from "../model/mesh-object.ts";

/** What a listener with TLS asks of who connects. */
export interface DescribedTls {
  readonly port: number;
  readonly mode: "STRICT" | "PERMISSIVE";
  /** Whether clients must show a certificate. */
  readonly asksClients: boolean;
}

/** Of a node, a gateway or a router: `8080 http`. */
export function listenersOf(object: MeshObject): readonly string[] {
  if (object.kind !== "VirtualNode" && object.kind !== "VirtualGateway" && object.kind !== "VirtualRouter") return [];
  return (object.spec.listeners ?? []).map(({ portMapping: { port, protocol } }) => `${port} ${protocol}`);
}

/** The listeners of a node or a gateway that speak TLS. */
export function listenersWithTls(object: MeshObject): readonly DescribedTls[] {
  if (object.kind !== "VirtualNode" && object.kind !== "VirtualGateway") return [];
  return (object.spec.listeners ?? []).flatMap(({ portMapping: { port }, tls }): readonly DescribedTls[] => {
    const server = serverTls(tls);
    return server === undefined ? [] : [{ port, mode: server.mode, asksClients: server.validation !== undefined }];
  });
}

/** How a node is found, as it is written; null: it is not, or the object is no node. */
export function foundBy(object: MeshObject): string | null {
  if (object.kind !== "VirtualNode") return null;
  const { metadata, spec } = object;
  const { dns, awsCloudMap } = spec.serviceDiscovery ?? {};
  const ports = (spec.listeners ?? []).map(({ portMapping: { port } }) => port);
  if (endpointsOf(metadata.annotations, spec.podSelector !== undefined, ports, SILENT) !== undefined) {
    return "annotation outrigger.dev/endpoints";
  }
  if (awsCloudMap !== undefined) {
    const { namespaceName, serviceName, attributes = [] } = awsCloudMap;
    const pairs = attributes.map(({ key, value }) => `, ${key}=${value}`);
    return `Cloud Map ${serviceName}.${namespaceName}${pairs.join("")}`;
  }
  return dns === undefined || dns.hostname === "" ? null : `DNS ${dns.hostname}`;
}
