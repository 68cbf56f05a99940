import { isIPv6, SocketAddress } from "node:net";
import type { Resource } from "../kube/informer.ts";
import { type Json, type JsonObject, listOf, member, numberOf, objectsOf, stringOf } from "../model/json.ts";
import type { EndpointHealth, EndpointSummary, NamedPort, ServiceSummary, SliceSummary } from "../model/services.ts";

/** All Services of the cluster. */
export const SERVICES: Resource<ServiceSummary> = {
  name: "services",
  path: "/api/v1/services",
  content: "whole",
  presence: "always",
  project: serviceSummary,
};

/** All EndpointSlices: which are of headless Services is not written on those that people make. */
export const ENDPOINT_SLICES: Resource<SliceSummary> = {
  name: "endpointslices",
  path: "/apis/discovery.k8s.io/v1/endpointslices",
  content: "whole",
  presence: "always",
  project: sliceSummary,
};

export function serviceSummary(service: JsonObject): ServiceSummary {
  const spec = member(service, "spec");
  // one that became an alias may have kept an address
  if (member(spec, "type") === "ExternalName") return { kind: "alias" };
  const all = textsOf(member(spec, "clusterIPs"));
  const own = all.length > 0 ? all : textsOf([member(spec, "clusterIP") ?? ""]);
  const ports = portsOf(member(spec, "ports"));
  if (own[0] === "None") return { kind: "headless", ports };
  return { kind: "ownAddresses", addresses: asEnvoyWrites(own).toSorted(), ports };
}

/** Slices of host names, which Kubernetes itself does not use, are of no Service. */
export function sliceSummary(slice: JsonObject): SliceSummary {
  const labels = member(member(slice, "metadata"), "labels");
  const family = member(slice, "addressType") === "IPv6" ? "IPv6" : "IPv4";
  const service = stringOf(member(labels, "kubernetes.io/service-name")) ?? "";
  if (member(slice, "addressType") === "FQDN") return { service: "", family, ports: [], endpoints: [] };
  return {
    service,
    family,
    ports: portsOf(member(slice, "ports")),
    endpoints: objectsOf(member(slice, "endpoints")).map(endpointSummary),
  };
}

function endpointSummary(endpoint: JsonObject): EndpointSummary {
  return {
    addresses: asEnvoyWrites(textsOf(member(endpoint, "addresses"))),
    host: stringOf(member(endpoint, "hostname")) || undefined,
    health: healthOf(member(endpoint, "conditions")),
    zone: stringOf(member(endpoint, "zone")) || undefined,
  };
}

/**
 * Absent conditions count as the API says: ready is true, serving is what ready is, terminating is false
 * (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/).
 */
function healthOf(conditions: Json | undefined): EndpointHealth {
  const isReady = member(conditions, "ready") !== false;
  const isServing = (member(conditions, "serving") ?? isReady) === true;
  if (member(conditions, "terminating") === true) return isServing ? "leaving" : "unready";
  return isReady ? "healthy" : "unready";
}

/** Ports without a number, which restrict nothing, name none. */
function portsOf(ports: Json | undefined): readonly NamedPort[] {
  return objectsOf(ports).flatMap((each) => {
    const port = numberOf(member(each, "port"));
    if (port === undefined || (member(each, "protocol") ?? "TCP") !== "TCP") return [];
    return [{ name: stringOf(member(each, "name")) ?? "", port }];
  });
}

function textsOf(value: Json | undefined): readonly string[] {
  return listOf(value).flatMap((one) => stringOf(one) ?? []);
}

/** Each once, in the shortest form: people write addresses of IPv6 in several ways. */
function asEnvoyWrites(addresses: readonly string[]): readonly string[] {
  const written = addresses.map((address) => {
    return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address;
  });
  return [...new Set(written)].filter((address) => address !== "");
}
