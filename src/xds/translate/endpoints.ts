import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Member } from "../../graph/registry.ts";
import type { DiscoveryView, NodeView, TargetListenerView } from "../../graph/view.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { IP_PREFERENCES, type IpPreference } from "../../model/field-types.ts";
import type { Family, ServicePort } from "../../model/services.ts";
import type { LbEndpointSchema } from "../generated/envoy/config/endpoint/v3/endpoint_components_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { mayDial } from "./dialable.ts";
import { checkedPort } from "./health-checks.ts";

/*
 * Endpoints are resources of their own, which no view holds: the same for all clusters that are asked for one port of one Service with one
 * preference, and check it at one port. All of that is in their name.
 */

/** Whose endpoints a name means. */
interface Named {
  readonly of: ServicePort;
  readonly ipPreference: IpPreference | undefined;
  /** Port at which each is checked; undefined: the one that is called. */
  readonly checkedPort: number | undefined;
}

/** Names of Kubernetes hold no slash. */
export function endpointsName(
  { namespace, service, port }: ServicePort,
  ipPreference: IpPreference | undefined,
  checkedPort?: number,
): string {
  const checked = checkedPort === undefined ? [] : [`${CHECKED}${checkedPort}`];
  return [namespace, service, port, ...(ipPreference === undefined ? [] : [ipPreference]), ...checked].join("/");
}

const CHECKED = "checked=";

/** The inverse. */
export function endpointsNamed(name: string): Named {
  const [namespace = "", service = "", port, ...rest] = name.split("/");
  const checked = rest.find((part) => part.startsWith(CHECKED));
  return {
    of: { namespace, service, port: Number(port) },
    ipPreference: rest.find((part) => part !== checked) as IpPreference | undefined,
    checkedPort: checked === undefined ? undefined : Number(checked.slice(CHECKED.length)),
  };
}

/** Names of all endpoints that change with the members of a port; `checkedPorts`: at which some of them are checked. */
export function endpointsNamesOf(of: ServicePort, checkedPorts: Iterable<number>): readonly string[] {
  return [undefined, ...IP_PREFERENCES].flatMap((preference) =>
    [undefined, ...checkedPorts].map((checked) => endpointsName(of, preference, checked)),
  );
}

/** Name of the endpoints of a listener's cluster; undefined: they do not come from the control plane. */
export function endpointsOf(discovery: DiscoveryView, listener: TargetListenerView): string | undefined {
  if (discovery.kind !== "dns" || listener.members === undefined) return undefined;
  return endpointsName(listener.members, discovery.ipPreference, checkedPort(listener));
}

/** Names of the endpoints that the clusters of a view have. */
export function endpointsOfView({ targets }: NodeView): readonly string[] {
  const names = targets.flatMap(({ discovery, listeners }) =>
    listeners.flatMap((listener) => endpointsOf(discovery, listener) ?? []),
  );
  return [...new Set(names)];
}

/**
 * The endpoints of a name, made of the members of its port. Zones are told, and change nothing about who is called. Nobody may be called
 * through a Service who may not be called by a name: its slices can be written by hand.
 */
export function loadAssignment(name: string, members: readonly Member[]): ClusterLoadAssignment {
  const dialable = members.filter(({ address, port }) => mayDial(address, port));
  const named = endpointsNamed(name);
  const byZone = Map.groupBy(called(dialable, named.ipPreference), ({ zone }) => zone ?? "");
  const zones = [...byZone].toSorted(([a], [b]) => compareTexts(a, b));
  return create(ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: zones.map(([zone, ofZone]) => ({
      locality: { zone },
      lbEndpoints: ofZone.map((member) => lbEndpoint(member, named.checkedPort)),
    })),
  });
}

/** Those who are well; where nobody is, those who are about to end. Of the families the preferred one, where it has any. */
function called(members: readonly Member[], preference: IpPreference | undefined): readonly Member[] {
  for (const health of ["healthy", "leaving"] as const) {
    for (const families of FAMILIES[preference ?? "none"]) {
      const found = members.filter((member) => member.health === health && families.includes(member.family));
      if (found.length > 0) return found;
    }
  }
  return [];
}

/** One after the other, as DNS is asked for them. */
const FAMILIES: Readonly<Record<IpPreference | "none", readonly (readonly Family[])[]>> = {
  none: [["IPv4", "IPv6"]],
  IPv4_ONLY: [["IPv4"]],
  IPv6_ONLY: [["IPv6"]],
  IPv4_PREFERRED: [["IPv4"], ["IPv6"]],
  IPv6_PREFERRED: [["IPv6"], ["IPv4"]],
};

/** An endpoint at this address, which health checks ask at another port where one is given. */
export function lbEndpoint(
  { address, port }: Pick<Member, "address" | "port">,
  checkedPort: number | undefined,
): MessageInitShape<typeof LbEndpointSchema> {
  const socketAddress = { address, portSpecifier: { case: "portValue", value: port } } as const;
  return {
    hostIdentifier: {
      case: "endpoint",
      value: {
        address: { address: { case: "socketAddress", value: socketAddress } },
        ...(checkedPort !== undefined && { healthCheckConfig: { portValue: checkedPort } }),
      },
    },
  };
}
