import { BlockList, isIP } from "node:net";
import { PORTS } from "./names.ts";

/** Ports of the sidecar itself: no app can be found there, and a cluster that dials them would publish what is meant for the pod alone. */
export const OF_THE_SIDECAR: ReadonlySet<number> = new Set(Object.values(PORTS));

/** Addresses of this host or link, of what AWS answers from the host itself (credentials among it), of groups, and of nobody. */
const LOCAL = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const) {
  LOCAL.addSubnet(address, bits, "ipv4");
}
for (const [address, bits] of [
  ["::", 128],
  ["::1", 128],
  ["fd00:ec2::", 32],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  LOCAL.addSubnet(address, bits, "ipv6");
}

/** Names of this host in files of hosts, which resolvers read first: those of the kubelet for pods, and those of nodes. */
const LOCAL_NAME = /^(?:localhost[46]?(?:\.localdomain[46]?)?|ip6-(?:localhost|loopback))$/;

/** IPv4 as only resolvers take it: `127.1`, `0x7f000001`, `2130706433`. */
const ODD_IPV4 = /^(?:0x[\da-f]{1,8}|\d{1,10})(?:\.(?:0x[\da-f]{1,8}|\d{1,10})){0,3}$/;

/**
 * Whether a cluster may be made of a host name or address that an object names. Never for the sidecar's own ports, nor for addresses of
 * this host or link: a shared gateway would publish its admin interface, or the cloud's credentials of its node.
 */
export function mayDial(hostname: string, port: number): boolean {
  return !OF_THE_SIDECAR.has(port) && mayDialHost(hostname);
}

/** {@link mayDial} of the host name or address alone. */
export function mayDialHost(hostname: string): boolean {
  if (hostname.includes("%")) return false;
  const host = hostname.toLowerCase().replace(/\.+$/, "");
  if (LOCAL_NAME.test(host) || host.endsWith(".localhost")) return false;
  switch (isIP(host)) {
    case 4:
      return !LOCAL.check(host, "ipv4");
    case 6:
      return !LOCAL.check(host, "ipv6");
    default:
      return !ODD_IPV4.test(host);
  }
}
