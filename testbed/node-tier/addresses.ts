/**
 * The addresses of a node-tier cluster. They are the same in all of them, because each has a network namespace of its
 * own. IPv6 is used where the kernel has it: pods, node and Services then have an address of both families.
 */
export const NODE_NAME = "node1";
export const NODE_IP = { v4: "10.124.0.1", v6: "fd00:10:124::1" } as const;
export const POD_RANGE = { v4: "10.245.0.0/24", v6: "fd00:10:245::/64" } as const;
export const SERVICE_RANGE = { v4: "10.97.0.0/16", v6: "fd00:10:97::/112" } as const;

/** The first address of the Services' range: the Service `kubernetes`, which pods dial. */
export const KUBERNETES_SERVICE_IP = "10.97.0.1";
export const DNS_SERVICE_IP = "10.97.0.10";

export const API_PORT = 16_443;
export const ETCD_PORT = 12_379;
export const ETCD_PEER_PORT = 12_380;
export const DNS_READY_PORT = 8_181;
/** On loopback of the cluster's network namespace. */
export const REGISTRY_PORT = 5_000;

export const API_SERVER = `https://${NODE_IP.v4}:${API_PORT}`;
