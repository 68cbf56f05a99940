import type { BootstrapSpec } from "../../src/bootstrap/spec.ts";
import { PORTS } from "../../src/model/names.ts";

/** A sidecar without anything that can be left out; tests say what theirs has. */
export const PLAIN_SPEC: BootstrapSpec = {
  node: { mesh: "shop", kind: "virtualNode", name: "cart-node", release: "0.1.0", preview: false },
  controlPlane: { kind: "none" },
  clusterDns: undefined,
  adminPort: PORTS.admin,
  ipv6: false,
  probes: [],
  tracing: { kind: "none" },
  statsTags: false,
  statsd: undefined,
  sdsSocket: undefined,
};
