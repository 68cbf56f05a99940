import { API_PORT, ETCD_PEER_PORT, ETCD_PORT, NODE_IP, NODE_NAME, SERVICE_RANGE } from "./addresses.ts";
import { INSIDE, type NodeTierPlan, nodeTierFiles } from "./plan.ts";

/** The programs of a node-tier cluster, in the order of their start. */
export const COMPONENTS = [
  "etcd",
  "kube-apiserver",
  "containerd",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "coredns",
] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** How a program is started. */
export interface ComponentPlan {
  /** `machine`: in the machine's namespaces, for programs that mount, keep locks or start containers. */
  readonly runsIn: "network" | "machine";
  readonly args: readonly string[];
}

/** Faster than the defaults, which make the controllers wait for themselves while they start. */
const EAGER = ["--leader-elect=false", "--kube-api-qps=500", "--kube-api-burst=1000"] as const;

export function componentPlans(plan: NodeTierPlan): Readonly<Record<ComponentName, ComponentPlan>> {
  const files = nodeTierFiles(plan.directory);
  const inside = nodeTierFiles(INSIDE);
  return {
    etcd: { runsIn: "network", args: etcdFlags(files.etcdData) },
    "kube-apiserver": { runsIn: "network", args: apiServerFlags(plan) },
    "kube-controller-manager": { runsIn: "network", args: controllerManagerFlags(plan) },
    "kube-scheduler": { runsIn: "network", args: [`--kubeconfig=${files.clientKubeconfig("scheduler")}`, ...EAGER] },
    coredns: { runsIn: "network", args: ["-conf", files.corefile] },
    containerd: { runsIn: "machine", args: ["--config", inside.containerd] },
    kubelet: {
      runsIn: "machine",
      args: [
        `--config=${inside.kubelet}`,
        `--kubeconfig=${inside.clientKubeconfig("node")}`,
        `--root-dir=${inside.kubeletRoot}`,
        `--hostname-override=${NODE_NAME}`,
        `--node-ip=${plan.ipv6 ? `${NODE_IP.v4},${NODE_IP.v6}` : NODE_IP.v4}`,
      ],
    },
    "kube-proxy": { runsIn: "machine", args: [`--config=${inside.kubeProxy}`] },
  };
}

function etcdFlags(data: string): readonly string[] {
  const client = `http://127.0.0.1:${ETCD_PORT}`;
  const peer = `http://127.0.0.1:${ETCD_PEER_PORT}`;
  return [
    `--data-dir=${data}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    "--logger=zap",
    "--log-level=warn",
  ];
}

/** Admission is the default set, with service accounts and pod security, and what keeps a kubelet to its own node. */
function apiServerFlags(plan: NodeTierPlan): readonly string[] {
  const files = nodeTierFiles(plan.directory);
  const serving = files.certificate("apiserver");
  const toKubelet = files.certificate("apiserver-kubelet");
  return [
    `--etcd-servers=http://127.0.0.1:${ETCD_PORT}`,
    `--secure-port=${API_PORT}`,
    `--bind-address=${plan.ipv6 ? "::" : "0.0.0.0"}`,
    // The endpoint of the Service `kubernetes`, which may not be loopback.
    `--advertise-address=${NODE_IP.v4}`,
    `--client-ca-file=${files.ca}`,
    `--tls-cert-file=${serving.cert}`,
    `--tls-private-key-file=${serving.key}`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-cluster-ip-range=${serviceRanges(plan)}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    `--kubelet-certificate-authority=${files.ca}`,
    `--kubelet-client-certificate=${toKubelet.cert}`,
    `--kubelet-client-key=${toKubelet.key}`,
    // By default the node's name comes first, which resolves nowhere.
    "--kubelet-preferred-address-types=InternalIP",
  ];
}

function controllerManagerFlags(plan: NodeTierPlan): readonly string[] {
  const files = nodeTierFiles(plan.directory);
  const ca = files.certificate("ca");
  return [
    `--kubeconfig=${files.clientKubeconfig("controller-manager")}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${files.ca}`,
    "--use-service-account-credentials=true",
    `--cluster-signing-cert-file=${ca.cert}`,
    `--cluster-signing-key-file=${ca.key}`,
    `--service-cluster-ip-range=${serviceRanges(plan)}`,
    ...EAGER,
  ];
}

function serviceRanges({ ipv6 }: NodeTierPlan): string {
  return ipv6 ? `${SERVICE_RANGE.v4},${SERVICE_RANGE.v6}` : SERVICE_RANGE.v4;
}
