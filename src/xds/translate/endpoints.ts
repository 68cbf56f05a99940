import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Member } from "../../graph/registry.ts";
import type { NodeView } from "../../graph/view.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { IP_PREFERENCES, type IpPreference } from "../../model/field-types.ts";
import type { Family, ServicePort } from "../../model/services.ts";
import type { LbEndpointSchema } from "../generated/envoy/config/endpoint/v3/endpoint_components_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { mayDial } from "./dialable.ts";

/*
 * Endpoints are resources of their own, which no view holds: the same for all clusters that are asked for one port of one Service with one
 * preference. All of that is in their name.
 */

/** Whose endpoints a name means. */
interface Named {
  readonly of: ServicePort;
  readonly ipPreference: IpPreference | undefined;
}

/** Names of Kubernetes hold no slash. */
export function endpointsName(
  { namespace, service, port }: ServicePort,
  ipPreference: IpPreference | undefined,
): string {
  return [namespace, service, port, ...(ipPreference === undefined ? [] : [ipPreference])].join("/");
}

/** The inverse. */
export function endpointsNamed(name: string): Named {
  const [namespace = "", service = "", port, ipPreference] = name.split("/");
  return { of: { namespace, service, port: Number(port) }, ipPreference: ipPreference as IpPreference | undefined };
}

/** Names of all endpoints that change with the members of a port. */
export function endpointsNamesOf(of: ServicePort): readonly string[] {
  return [undefined, ...IP_PREFERENCES].map((preference) => endpointsName(of, preference));
}

/** Names of the endpoints that the clusters of a view have. */
export function endpointsOfView({ targets }: NodeView): readonly string[] {
  const names = targets.flatMap(({ discovery, listeners }) =>
    listeners.flatMap(({ members }) =>
      discovery.kind === "dns" && members !== undefined ? [endpointsName(members, discovery.ipPreference)] : [],
    ),
  );
  return [...new Set(names)];
}

/**
 * The endpoints of a name, made of the members of its port. Zones are told, and change nothing about who is called. Nobody may be called
 * through a Service who may not be called by a name: its slices can be written by hand.
 */
export function loadAssignment(name: string, members: readonly Member[]): ClusterLoadAssignment {
  const dialable = members.filter(({ address, port }) => mayDial(address, port));
  const byZone = Map.groupBy(called(dialable, endpointsNamed(name).ipPreference), ({ zone }) => zone ?? "");
  const zones = [...byZone].toSorted(([a], [b]) => compareTexts(a, b));
  return create(ClusterLoadAssignmentSchema, {
    clusterName: name,
    endpoints: zones.map(([zone, ofZone]) => ({ locality: { zone }, lbEndpoints: ofZone.map(lbEndpoint) })),
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

function lbEndpoint({ address, port }: Member): MessageInitShape<typeof LbEndpointSchema> {
  const socketAddress = { address, portSpecifier: { case: "portValue", value: port } } as const;
  return {
    hostIdentifier: {
      case: "endpoint",
      value: { address: { address: { case: "socketAddress", value: socketAddress } } },
    },
  };
}
