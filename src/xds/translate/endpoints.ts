import { isIPv6 } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Instance } from "../../graph/cloud-map.ts";
import type { Member } from "../../graph/registry.ts";
import type { DiscoveryView, MeshView, TargetListenerView } from "../../graph/view.ts";
import type { CloudMapQuery } from "../../model/cloud-map.ts";
import { compareTexts } from "../../model/compare-texts.ts";
import { mayDial } from "../../model/dialable.ts";
import { IP_PREFERENCES, type IpPreference } from "../../model/field-types.ts";
import type { Family, ServicePort } from "../../model/services.ts";
import type { LbEndpointSchema } from "../generated/envoy/config/endpoint/v3/endpoint_components_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "../generated/envoy/config/endpoint/v3/endpoint_pb.js";
import { checkedPort } from "./health-checks.ts";

/*
 * Endpoints are resources of their own, which no view holds: the same for all clusters that are asked for the same members with one
 * preference, and check them at one port. All of that is in their name.
 */

/** Whose members they are. */
export type EndpointsOf =
  | { readonly kind: "service"; readonly port: ServicePort }
  /** Pods that are registered in Cloud Map, called at `port`. */
  | { readonly kind: "cloudMap"; readonly instances: CloudMapQuery; readonly port: number };

/** Whose endpoints a name means. */
interface Named {
  readonly of: EndpointsOf;
  readonly ipPreference: IpPreference | undefined;
  /** Port at which each is checked; undefined: the one that is called. */
  readonly checkedPort: number | undefined;
}

/** Names of Kubernetes hold no slash, and no colon; those of Cloud Map may hold anything, and are escaped. */
export function endpointsName(of: EndpointsOf, ipPreference: IpPreference | undefined, checkedPort?: number): string {
  const checked = checkedPort === undefined ? [] : [`${CHECKED}${checkedPort}`];
  return [...placeOf(of), ...(ipPreference === undefined ? [] : [ipPreference]), ...checked].join("/");
}

function placeOf(of: EndpointsOf): readonly (string | number)[] {
  if (of.kind === "service") return [of.port.namespace, of.port.service, of.port.port];
  const { mesh, namespaceName, serviceName, attributes } = of.instances;
  const pairs = attributes.map(({ key, value }) => `${escaped(key)}=${escaped(value)}`).join("&");
  return [`${CLOUD_MAP}${escaped(mesh)}`, escaped(namespaceName), escaped(serviceName), of.port, pairs];
}

const CHECKED = "checked=";
const CLOUD_MAP = "cloudmap:";

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** The inverse. */
export function endpointsNamed(name: string): Named {
  const [first = "", second = "", ...others] = name.split("/");
  const { of, rest } = first.startsWith(CLOUD_MAP)
    ? cloudMapNamed(first.slice(CLOUD_MAP.length), second, others)
    : {
        of: { kind: "service", port: { namespace: first, service: second, port: Number(others[0]) } } as const,
        rest: others.slice(1),
      };
  const checked = rest.find((part) => part.startsWith(CHECKED));
  return {
    of,
    ipPreference: rest.find((part) => part !== checked) as IpPreference | undefined,
    checkedPort: checked === undefined ? undefined : Number(checked.slice(CHECKED.length)),
  };
}

function cloudMapNamed(mesh: string, namespaceName: string, [serviceName = "", port, pairs = "", ...rest]: string[]) {
  const attributes = pairs.split("&").filter((pair) => pair !== "");
  const instances = {
    mesh: decodeURIComponent(mesh),
    namespaceName: decodeURIComponent(namespaceName),
    serviceName: decodeURIComponent(serviceName),
    attributes: attributes.map((pair) => {
      const [key = "", value = ""] = pair.split("=").map(decodeURIComponent);
      return { key, value };
    }),
  };
  return { of: { kind: "cloudMap", instances, port: Number(port) } as const, rest };
}

/** Names of all endpoints that change with the members of a port; `checkedPorts`: at which some of them are checked. */
export function endpointsNamesOf(port: ServicePort, checkedPorts: Iterable<number>): readonly string[] {
  const of = { kind: "service", port } as const;
  return [undefined, ...IP_PREFERENCES].flatMap((preference) =>
    [undefined, ...checkedPorts].map((checked) => endpointsName(of, preference, checked)),
  );
}

/** Name of the endpoints of a listener's cluster; undefined: they do not come from the control plane. */
export function endpointsOf(discovery: DiscoveryView, listener: TargetListenerView): string | undefined {
  const checked = checkedPort(listener);
  if (discovery.kind === "cloudMap") {
    const { instances, ipPreference } = discovery;
    return endpointsName({ kind: "cloudMap", instances, port: dialedPort(listener) }, ipPreference, checked);
  }
  if (discovery.kind !== "dns" || listener.members === undefined) return undefined;
  const members = { ...listener.members, port: dialedPort(listener) };
  return endpointsName({ kind: "service", port: members }, discovery.ipPreference, checked);
}

/** Where a listener is called. */
export function dialedPort({ port, formerPort = port }: Pick<TargetListenerView, "port" | "formerPort">): number {
  return formerPort;
}

/** Names of the endpoints that the clusters of a view have. */
export function endpointsOfView({ targets }: MeshView): readonly string[] {
  const names = targets.flatMap(({ discovery, listeners }) =>
    listeners.flatMap((listener) => endpointsOf(discovery, listener) ?? []),
  );
  return [...new Set(names)];
}

/**
 * The endpoints of a name, made of its members. Zones are told, and change nothing about who is called. Nobody may be called
 * through a Service who may not be called by a name: its slices can be written by hand.
 */
export function loadAssignment(name: string, members: readonly Member[]): ClusterLoadAssignment {
  const dialable = members.filter(({ address, port }) => mayDial(address, port));
  const named = endpointsNamed(name);
  // of an instance of Cloud Map its own preferred address was chosen before
  const preference = named.of.kind === "cloudMap" ? undefined : named.ipPreference;
  const byZone = Map.groupBy(called(dialable, preference), ({ zone }) => zone ?? "");
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

/**
 * The members that instances of Cloud Map come to: of each the one address that is preferred, of the families that are allowed. App Mesh
 * took IPv4 where nothing was preferred.
 */
export function instanceMembers(
  instances: readonly Instance[],
  port: number,
  preference: IpPreference = "IPv4_PREFERRED",
): readonly Member[] {
  const order = FAMILIES[preference].flat();
  return instances.flatMap(({ addresses, health }) => {
    const places = addresses.map((address) => ({ address, family: familyOf(address) }));
    const place = order.flatMap((family) => places.find((one) => one.family === family) ?? [])[0];
    return place === undefined ? [] : [{ ...place, port, health, zone: undefined }];
  });
}

function familyOf(address: string): Family {
  return isIPv6(address) ? "IPv6" : "IPv4";
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
