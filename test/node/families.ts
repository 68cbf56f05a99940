import { hasIpv6 } from "../../testbed/node-tier/network.ts";

/** Families of addresses that this node's pods have, the first one first: IPv6 where the node has it (`testbed/node-tier`). */
export const FAMILIES: readonly Family[] = hasIpv6() ? ["ipv4", "ipv6"] : ["ipv4"];

export type Family = "ipv4" | "ipv6";

/** The address as it stands in a URL. */
export function inUrl(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
