import { isIPv6, SocketAddress } from "node:net";
import type { Resource } from "../kube/informer.ts";
import { type Json, type JsonObject, listOf, member, objectsOf, stringOf } from "../model/json.ts";

/** What is kept of a Service. */
export type ServiceSummary =
  /** Of both families; none for an alias (`ExternalName`) or before it has one. */
  | { readonly kind: "ownAddresses"; readonly addresses: readonly string[] }
  /** Headless: its names are those of its endpoints. */
  | { readonly kind: "headless" };

/** What is kept of an EndpointSlice. */
export interface SliceSummary {
  /** Name of its Service, in its own namespace; empty: of none. */
  readonly service: string;
  /** Of all its endpoints, ready or not: whoever is called there means the Service. Sorted. */
  readonly addresses: readonly string[];
}

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
  const all = textsOf(member(spec, "clusterIPs"));
  const own = all.length > 0 ? all : textsOf([member(spec, "clusterIP") ?? ""]);
  if (own[0] === "None") return { kind: "headless" };
  const isAlias = member(spec, "type") === "ExternalName";
  return { kind: "ownAddresses", addresses: isAlias ? [] : asEnvoyWrites(own) };
}

/** Slices of host names, which Kubernetes itself does not use, have no addresses. */
export function sliceSummary(slice: JsonObject): SliceSummary {
  const labels = member(member(slice, "metadata"), "labels");
  const service = stringOf(member(labels, "kubernetes.io/service-name")) ?? "";
  const isOfNames = member(slice, "addressType") === "FQDN";
  const endpoints = isOfNames ? [] : objectsOf(member(slice, "endpoints"));
  return { service, addresses: asEnvoyWrites(endpoints.flatMap(({ addresses }) => textsOf(addresses))) };
}

function textsOf(value: Json | undefined): readonly string[] {
  return listOf(value).flatMap((one) => stringOf(one) ?? []);
}

/** Sorted, each once, in the shortest form: people write addresses of IPv6 in several ways. */
function asEnvoyWrites(addresses: readonly string[]): readonly string[] {
  const written = addresses.map((address) => {
    return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address : address;
  });
  return [...new Set(written)].filter((address) => address !== "").toSorted();
}
