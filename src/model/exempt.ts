/**
 * Addresses that outgoing connections reach without the sidecar unless configured otherwise: instance metadata and the
 * agent of EKS Pod Identity, over IPv4 and IPv6. Both answer by who is asking, and a mesh has no route to them.
 */
export const EXEMPT_ADDRESSES: readonly string[] = [
  "169.254.169.254",
  "169.254.170.23",
  "fd00:ec2::254",
  "fd00:ec2::23",
];

/** SSH is never redirected, whatever the list of ignored ports says; App Mesh's own program did the same. */
export const EXEMPT_PORT = 22;
