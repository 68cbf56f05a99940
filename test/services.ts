import type { EndpointSummary, NamedPort, ServiceSummary, SliceSummary } from "../src/model/services.ts";

/* Kubernetes Services and EndpointSlices as they are kept, for tests. */

/** Its one port without a name, as most Services have it. */
function unnamed(port: number): readonly NamedPort[] {
  return [{ name: "", port }];
}

export function ownAddresses(...addresses: readonly string[]): ServiceSummary {
  return { kind: "ownAddresses", addresses, ports: unnamed(80) };
}

export function headless(port = 80): ServiceSummary {
  return { kind: "headless", ports: unnamed(port) };
}

/** A slice of IPv4 whose endpoints listen on 8080: an address is a healthy endpoint. */
export function slice(service: string, ...endpoints: readonly (string | EndpointSummary)[]): SliceSummary {
  return {
    service,
    family: "IPv4",
    ports: unnamed(8080),
    endpoints: endpoints.map((each) => (typeof each === "string" ? endpoint(each) : each)),
  };
}

export function endpoint(address: string, given: Partial<EndpointSummary> = {}): EndpointSummary {
  return { addresses: [address], host: undefined, health: "healthy", zone: undefined, ...given };
}
