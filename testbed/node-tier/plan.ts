/** What is decided before a node-tier cluster starts; paths are absolute. */
export interface NodeTierPlan {
  /** The cluster's folder. */
  readonly directory: string;
  /** Path of the cluster's control group below each hierarchy, with a leading slash. */
  readonly controlGroup: string;
  readonly ipv6: boolean;
  /** Folder of `hostTools`. */
  readonly tools: string;
}

/**
 * Where the machine (`machine.ts`) sees the cluster's folder. Sockets lie deep in it, and the path of a Unix socket may
 * have 107 bytes: a user's cache and a long name would be too much.
 */
export const INSIDE = "/run/testbed";

/** The files of a cluster; `directory` is the plan's, or {@link INSIDE} for programs that run in the machine. */
export function nodeTierFiles(directory: string) {
  const pki = `${directory}/pki`;
  const conf = `${directory}/conf`;
  return {
    pki,
    conf,
    logs: `${directory}/logs`,
    kubeconfig: `${directory}/kubeconfig`,
    control: `${directory}/control.sock`,
    images: `${directory}/images`,
    etcdData: `${directory}/etcd`,
    serviceAccountKey: `${pki}/sa.key`,
    serviceAccountPublicKey: `${pki}/sa.pub`,
    ca: `${pki}/ca.crt`,
    certificate: (name: string) => ({ cert: `${pki}/${name}.crt`, key: `${pki}/${name}.key` }),
    clientKubeconfig: (name: string) => `${pki}/${name}.kubeconfig`,
    corefile: `${conf}/Corefile`,
    kubelet: `${conf}/kubelet.json`,
    kubeProxy: `${conf}/kube-proxy.json`,
    containerd: `${conf}/containerd.toml`,
    registryHosts: `${conf}/certs.d`,
    networks: `${conf}/net.d`,
    resolvConf: `${conf}/resolv.conf`,
    kubeletRoot: `${directory}/kubelet`,
    podLogs: `${directory}/pod-logs`,
    containerdRoot: `${directory}/containerd`,
    podAddresses: `${directory}/pod-addresses`,
  } as const;
}
