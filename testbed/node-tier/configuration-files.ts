import { DNS_READY_PORT, DNS_SERVICE_IP, NODE_IP, NODE_NAME, POD_RANGE, REGISTRY_PORT } from "./addresses.ts";
import { INSIDE, type NodeTierPlan, nodeTierFiles } from "./plan.ts";

/** Paths and contents of the files that the cluster's programs read, beside keys and kubeconfigs. */
export function configurationFiles(plan: NodeTierPlan): readonly (readonly [path: string, content: string])[] {
  const files = nodeTierFiles(plan.directory);
  return [
    [files.kubelet, json(kubeletConfiguration(plan))],
    [files.kubeProxy, json(kubeProxyConfiguration(plan))],
    [files.containerd, containerdConfiguration(plan)],
    [`${files.registryHosts}/_default/hosts.toml`, REGISTRY_MIRROR],
    [`${files.networks}/10-bridge.conflist`, json(podNetwork(plan))],
    [files.corefile, corefile(plan)],
    // The machine's own file would leak its resolver into pods with dnsPolicy Default.
    [files.resolvConf, `nameserver ${DNS_SERVICE_IP}\n`],
  ];
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
function kubeletConfiguration(plan: NodeTierPlan) {
  const inside = nodeTierFiles(INSIDE);
  const node = inside.certificate("node");
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: inside.ca } },
    authorization: { mode: "Webhook" },
    address: NODE_IP.v4,
    tlsCertFile: node.cert,
    tlsPrivateKeyFile: node.key,
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    cgroupDriver: "cgroupfs",
    cgroupRoot: plan.controlGroup,
    // Since 1.35 a machine with control groups of version 1 is refused by default.
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // The machine's disk is not ours to tidy, and a test's pod must not be evicted because that disk is nearly full.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": "100Mi",
      "nodefs.available": "1%",
      "imagefs.available": "1%",
      "nodefs.inodesFree": "1%",
    },
    nodeStatusUpdateFrequency: "2s",
    serializeImagePulls: false,
    // Pulls and events are limited per second by default; the registry is ours, and tests wait for events.
    registryPullQPS: 0,
    eventRecordQPS: 0,
    clusterDNS: [DNS_SERVICE_IP],
    clusterDomain: "cluster.local",
    resolvConf: inside.resolvConf,
    podLogsDir: inside.podLogs,
    volumePluginDir: `${inside.kubeletRoot}/volumeplugins`,
  };
}

/** https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ */
function kubeProxyConfiguration(plan: NodeTierPlan) {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clusterCIDR: plan.ipv6 ? `${POD_RANGE.v4},${POD_RANGE.v6}` : POD_RANGE.v4,
    hostnameOverride: NODE_NAME,
    clientConnection: { kubeconfig: nodeTierFiles(INSIDE).clientKubeconfig("proxy") },
    // That setting is read-only outside the first network namespace, and kube-proxy would give up.
    conntrack: { maxPerCore: 0 },
    // By default a Service refuses connections for up to a second after its pod is Ready: tests would be flaky.
    iptables: { minSyncPeriod: "50ms" },
  };
}

/** https://github.com/containerd/containerd/blob/main/docs/cri/config.md */
function containerdConfiguration(plan: NodeTierPlan): string {
  const inside = nodeTierFiles(INSIDE);
  const text = JSON.stringify;
  return `version = 3
root = ${text(inside.containerdRoot)}
state = "/run/containerd"

[grpc]
  address = "/run/containerd/containerd.sock"

[ttrpc]
  address = "/run/containerd/containerd.ttrpc.sock"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "testbed/pause:1"

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = ${text(inside.registryHosts)}

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [${text(`${plan.tools}/cni`)}]
  conf_dir = ${text(inside.networks)}

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  options = { SystemdCgroup = false, BinaryName = ${text(`${plan.tools}/runc`)} }
`;
}

/** The mirror of every registry. `server` too: a name that ours lacks would be looked for at the real one. */
const REGISTRY_MIRROR = `server = "http://127.0.0.1:${REGISTRY_PORT}"

[host."http://127.0.0.1:${REGISTRY_PORT}"]
  capabilities = ["pull", "resolve"]
`;

/** https://www.cni.dev/plugins/current/main/bridge/ */
function podNetwork({ ipv6 }: NodeTierPlan) {
  const route = (dst: string) => ({ dst });
  return {
    cniVersion: "1.0.0",
    name: "testbed",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: nodeTierFiles(INSIDE).podAddresses,
          ranges: [[{ subnet: POD_RANGE.v4 }], ...(ipv6 ? [[{ subnet: POD_RANGE.v6 }]] : [])],
          routes: [route("0.0.0.0/0"), ...(ipv6 ? [route("::/0")] : [])],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

/** Names outside the cluster do not exist; without the second block they would be a failure that clients retry. */
function corefile(plan: NodeTierPlan): string {
  return `cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
  bind ${NODE_IP.v4}
  errors
  ready ${NODE_IP.v4}:${DNS_READY_PORT}
  cache 5
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${nodeTierFiles(plan.directory).clientKubeconfig("dns")}
    ttl 5
  }
}
.:53 {
  bind ${NODE_IP.v4}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}
