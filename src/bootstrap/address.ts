import { isIP } from "node:net";
import type { JsonObject } from "../model/json.ts";

/** The address without the brackets that people put around IPv6 addresses; Envoy wants it bare. */
export function bareAddress(address: string): string {
  return address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
}

/** Whether Envoy can use the address without DNS: an IP address, or a place that the kubelet fills with one. */
export function isLiteralAddress(address: string): boolean {
  return isPlace(address) || isIP(bareAddress(address)) !== 0;
}

/** An Envoy `core.v3.Address` for TCP. */
export function tcpAddress(address: string, port: number): JsonObject {
  return { socket_address: { address: bareAddress(address), port_value: port } };
}

/** An Envoy `core.v3.Address` for UDP. */
export function udpAddress(address: string, port: number): JsonObject {
  return { socket_address: { protocol: "UDP", address: bareAddress(address), port_value: port } };
}

/** An Envoy `core.v3.Address` for a Unix socket. */
export function pipeAddress(path: string): JsonObject {
  return { pipe: { path } };
}

/** Listens on every address of the pod: `0.0.0.0`, or `::` for both families. */
export function anyAddress(port: number, ipv6: boolean): JsonObject {
  return { socket_address: { address: ipv6 ? "::" : "0.0.0.0", port_value: port, ...(ipv6 && { ipv4_compat: true }) } };
}

/** Downward-API places are IP addresses wherever a spec uses them as an address (`expansion.ts` writes them with NUL). */
function isPlace(address: string): boolean {
  return address.startsWith("\0") && address.endsWith("\0");
}
