import type { CaptureSystem } from "./capture-system.ts";

/** One line an address: 32 digits, interface, prefix, scope (0x00 global, 0x10 host, 0x20 link), flags, name. */
const ADDRESSES = "/proc/net/if_inet6";
const GLOBAL_SCOPE = "00";

/**
 * Why this network namespace has no IPv6 to be captured. Certain: the kernel has none. Not certain: there are no addresses
 * but those of loopback and the link, which is how a pod of an IPv4 cluster looks; rules do no harm there.
 * Undefined: there is IPv6, and going without its rules would let traffic past Envoy.
 */
export function reasonWithoutIpv6(
  system: CaptureSystem,
): { readonly certain: boolean; readonly reason: string } | undefined {
  const addresses = system.read(ADDRESSES);
  if (addresses === undefined) return { certain: true, reason: "the node's kernel has no IPv6" };
  const scopes = addresses.split("\n").map((line) => line.trim().split(/\s+/)[3]);
  return scopes.includes(GLOBAL_SCOPE) ? undefined : { certain: false, reason: "the pod has no IPv6 address" };
}
