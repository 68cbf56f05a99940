/*
 * What an annotation may change of an injected pod, by its name without the prefix: patterns over the paths of
 * `leaves.ts`. The annotation itself may always change, and so may the list of what was created in the record.
 */

const ENVOY = "/spec/(initContainers|containers)/envoy";
const BOOTSTRAP = `${ENVOY}/args/1!`;
const PROXYINIT = "/spec/initContainers/proxyinit";
const RECORD = "/metadata/annotations/outrigger\\.dev/injected!";
const SIDECARS = "/spec/(initContainers|containers)/(envoy|xray-daemon)";

const RESOURCE_NAME = [
  `${BOOTSTRAP}/node/(id|cluster)`,
  `${BOOTSTRAP}/node/metadata/outrigger/tracing/.*(service_name|segment_name)`,
  `${BOOTSTRAP}/stats_config/stats_tags/.*`,
  `${ENVOY}/env/APPMESH_(RESOURCE_ARN|VIRTUAL_NODE_NAME)/value`,
  `${RECORD}/resource`,
];
/** Which probes are asked through the sidecar goes by the captured ports. */
const PROBES = [
  "/spec/(initContainers|containers)/[^/]+/(startup|liveness|readiness)Probe/(httpGet|tcpSocket|grpc)(/.*)?",
  `${BOOTSTRAP}/static_resources/(clusters/outrigger_probe|listeners/outrigger_status).*`,
  `${ENVOY}/env/OUTRIGGER_POD_IP/.*`,
  `${RECORD}/replaced.*`,
];
/** A list of volumes that stood there as null is a replaced value. */
const MOUNTS = [`${ENVOY}/volumeMounts.*`, "/spec/volumes.*", `${RECORD}/replaced(//spec/volumes)?`];
const CNI_ANNOTATION = (name: string) => `/metadata/annotations/appmesh\\.k8s\\.aws/${name}`;

export const ANNOTATION_LEAVES: Readonly<Record<string, readonly string[]>> = {
  mesh: RESOURCE_NAME,
  virtualNode: RESOURCE_NAME,
  ports: [`${PROXYINIT}/env/APPMESH_APP_PORTS/value`, ...PROBES],
  egressIgnoredPorts: [`${PROXYINIT}/env/APPMESH_EGRESS_IGNORED_PORTS/value`],
  egressIgnoredIPs: [`${PROXYINIT}/env/APPMESH_EGRESS_IGNORED_IP/value`],
  cpuRequest: [`${SIDECARS}/resources.*`],
  memoryRequest: [`${SIDECARS}/resources.*`],
  cpuLimit: [`${SIDECARS}/resources.*`],
  memoryLimit: [`${SIDECARS}/resources.*`],
  preview: [`${BOOTSTRAP}/node/metadata/outrigger/preview`, `${ENVOY}/env/APPMESH_PREVIEW/value`],
  appmeshCNI: [
    `${PROXYINIT}/.*`,
    // without a proxyinit that waits, a start-up probe holds the app back
    `${ENVOY}/startupProbe/.*`,
    `${ENVOY}/readinessProbe/initialDelaySeconds`,
    "/spec/initContainers",
    ...["egressIgnoredIPs", "egressIgnoredPorts", "ignoredUID", "ports", "proxyEgressPort", "proxyIngressPort"].map(
      CNI_ANNOTATION,
    ),
    CNI_ANNOTATION("sidecarInjectorWebhook"),
    `${RECORD}/replaced.*`,
  ],
  secretMounts: MOUNTS,
  volumeMounts: MOUNTS,
  sidecarEnv: [`${ENVOY}/env/(?!APPMESH_|OUTRIGGER_|AWS_).*`],
  sidecarEnvJson: [`${ENVOY}/env/(?!APPMESH_|OUTRIGGER_|AWS_).*`],
  sds: [
    ...MOUNTS,
    `${ENVOY}/env/APPMESH_SDS_SOCKET_PATH/.*`,
    `${BOOTSTRAP}/static_resources/clusters/static_cluster_sds_unix_socket.*`,
  ],
  ipv6: [
    `${PROXYINIT}/env/APPMESH_ENABLE_IPV6/value`,
    `${BOOTSTRAP}/static_resources/listeners/.*/address/socket_address/(address|ipv4_compat)`,
    `${BOOTSTRAP}/node/metadata/outrigger/ipv6`,
  ],
  virtualGatewaySkipImageOverride: [],
  // the order of containers is no leaf
  "init-containers": [],
  // the control plane reads it
  "app-address": [],
  "stop-delay": ["/spec/containers/[^/]+/lifecycle(/preStop/.*)?", `${RECORD}/replaced(/.*lifecycle)?`],
  xrayAgentConfigMount: ["/spec/(initContainers|containers)/xray-daemon/(command|args|volumeMounts).*"],
};

/** Whether an annotation may change the leaf at this path. */
export function mayChange(name: string, path: string): boolean {
  const own = [`/metadata/annotations/[^/]+/${name}`, `${RECORD}/(created|parents).*`];
  return [...own, ...(ANNOTATION_LEAVES[name] ?? [])].some((pattern) => new RegExp(`^${pattern}$`, "s").test(path));
}
