import type { ServiceView, TargetListenerView } from "../../graph/view.ts";
import type { Protocol } from "../../model/field-types.ts";
import { PORTS } from "../../model/names.ts";

/* Names that App Mesh gave to Envoy's resources: dashboards, alarms and people's runbooks go by them. */

export const INGRESS_LISTENER = "lds_ingress_0.0.0.0_15000";
export const EGRESS_LISTENER = "lds_egress_0.0.0.0_15001";

/** A listener of a node: its mesh and its own name, protocol and port. */
export interface ListenerName {
  readonly mesh: string;
  readonly node: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** Cluster of the app that a sidecar stands before. */
export function ingressCluster({ mesh, node, protocol, port }: ListenerName): string {
  return `cds_ingress_${mesh}_${node}_${protocol}_${port}`;
}

/** Cluster of a node that requests go to; with a suffix where it is not the first way to connect to that node. */
export function egressCluster({ mesh, node, protocol, port }: ListenerName, suffix = ""): string {
  return `cds_egress_${mesh}_${node}_${protocol}_${port}${suffix}`;
}

/** The cluster by which a service connects to a listener of a node. */
export function clusterOfTarget(
  mesh: string,
  service: Pick<ServiceView, "name">,
  node: string,
  { protocol, port, connections }: Pick<TargetListenerView, "protocol" | "port" | "connections">,
): string {
  const own = connections.find(({ services }) => services.includes(service.name)) ?? connections[0];
  return egressCluster({ mesh, node, protocol, port }, own?.suffix);
}

/** Cluster of everything outside the mesh, where the egress filter lets it out. */
export function allowAllCluster(mesh: string): string {
  return `cds_egress_${mesh}_mesh-allow-all`;
}

/** Cluster of AWS's own endpoints, which no egress filter stops. */
export function amazonCluster(mesh: string): string {
  return `cds_egress_${mesh}_amazonaws`;
}

/** Routes of all HTTP protocols go by this name. */
export function routesOf(direction: "ingress" | "egress", port: number): string {
  return `rds_${direction}_http_${port}`;
}

/** A listener of a gateway; each has one of its own. */
export function gatewayListenerName(port: number): string {
  return `lds_ingress_0.0.0.0_${port}`;
}

/**
 * Cluster of a gateway's own egress listener, which all requests of one of its listeners go through: `node` is the gateway, `port` that of
 * the listener (AWS App Mesh User Guide, "Exporting metrics").
 */
export function selfRedirectCluster({ mesh, node, protocol, port }: ListenerName): string {
  return `cds_ingress_${mesh}_${node}_self_redirect_${port}_${protocol}_${PORTS.outbound}`;
}
