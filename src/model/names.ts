/** Prefix of the annotations and labels of AWS App Mesh. */
export const APPMESH_PREFIX = "appmesh.k8s.aws/";
/** Prefix of the annotations that only Outrigger knows. */
export const OUTRIGGER_PREFIX = "outrigger.dev/";

/** Label of a namespace, and annotation of a pod, that switches injection. */
export const INJECT_KEY = `${APPMESH_PREFIX}sidecarInjectorWebhook`;
/** Pod annotation that records what was injected (see `inject/record.ts`). */
export const RECORD_KEY = `${OUTRIGGER_PREFIX}injected`;
/** Pod annotations that reach the sidecar as files of the identity volume. */
export const TRUST_KEY = `${OUTRIGGER_PREFIX}trust`;
export const TRUST_SDS_KEY = `${OUTRIGGER_PREFIX}trust-sds`;
export const TOKEN_SDS_KEY = `${OUTRIGGER_PREFIX}token-sds`;
/** Seconds that app containers wait before they stop; on request of the pod. */
export const STOP_DELAY_KEY = `${OUTRIGGER_PREFIX}stop-delay`;
/** Whether a pod's own init containers run inside the mesh or before its traffic is captured; on a pod or a namespace. */
export const INIT_CONTAINERS_KEY = `${OUTRIGGER_PREFIX}init-containers`;
/** Where in its pod the app listens; on a pod. */
export const APP_ADDRESS_KEY = `${OUTRIGGER_PREFIX}app-address`;
/** Of a Namespace or a Mesh: `serve` or `observe`. */
export const MESH_KEY = `${OUTRIGGER_PREFIX}mesh`;

/** Readiness gate of pods whose node is found by Cloud Map, and the condition that opens it. */
export const CLOUD_MAP_GATE = "conditions.appmesh.k8s.aws/aws-cloudmap-healthy";

export const ENVOY_CONTAINER = "envoy";
export const CAPTURE_CONTAINER = "proxyinit";
export const XRAY_CONTAINER = "xray-daemon";

/** Options of `outrigger capture` that the injector gives to a `proxyinit` behind Envoy: seconds that Envoy may take, and where to end one that takes longer. */
export const WAIT_OPTION = "--wait-for-envoy";
export const ADMIN_PORT_OPTION = "--admin-port";

export const INJECTOR_NAMESPACE = "appmesh-inject";
export const CONTROL_PLANE_NAMESPACE = "appmesh-system";
/** Never injected: the cluster's own namespace and ours. */
export const EXCLUDED_NAMESPACES: readonly string[] = ["kube-system", INJECTOR_NAMESPACE, CONTROL_PLANE_NAMESPACE];
export const INJECTOR_NAME = "aws-app-mesh-inject";
/** Deployment, ServiceAccount, roles and Lease of the control plane. */
export const CONTROL_PLANE_NAME = "outrigger-control-plane";
/** Registrations of the control plane's webhook for App Mesh objects, and the Service that they call. */
export const OBJECT_WEBHOOK_NAME = "outrigger";
/** Every entry of ours in a registration, of any release, is named below one of these: of the webhook for pods, and for App Mesh objects. */
export const POD_ENTRY_SUFFIX = ".inject.outrigger.dev";
export const OBJECT_ENTRY_SUFFIX = ".mesh.outrigger.dev";
/** Secret with the authority of the webhook's certificate; the injector makes it. */
export const INJECTOR_AUTHORITY_SECRET = `${INJECTOR_NAME}-authority`;
/** Secret with the mesh's authority, and ConfigMap with its public part; the control plane makes both. */
export const MESH_AUTHORITY_SECRET = "outrigger-authority";
/** Another one, which signs certificates of nodes: whoever may name a node must not become the control plane. */
export const WORKLOAD_AUTHORITY_SECRET = "outrigger-workload-authority";
/** The control plane's metric of who has waited for long for what that one gives; `outrigger check` reads it. */
export const LATE_CERTIFICATES = "outrigger_node_certificates_late";
export const TRUST_CONFIG_MAP = "outrigger-trust";
/** What the ConfigMap is called in which a replica of the control plane says what it knows of its proxies, before the name of its pod; and a label of it. */
export const REPORT_PREFIX = "outrigger-report-";
export const REPORT_LABEL = "outrigger.dev/report";

/** Ports in the pod that belong to the sidecar. */
export const PORTS = { inbound: 15000, outbound: 15001, status: 15020, admin: 9901 } as const;

/** Name and statistics of what answers readiness, scrapes and probes in a sidecar: a bootstrap's matcher leaves them out. */
export const STATUS_NAME = "outrigger_status";
/** Cluster of a bootstrap by which Envoy reaches its own admin interface, which listens on loopback. */
export const ADMIN_CLUSTER = "outrigger_admin";

/** The projected volume with token, trust and SDS files, and where Envoy sees it. */
export const IDENTITY_VOLUME = "outrigger-identity";
export const IDENTITY_PATH = "/var/run/outrigger";
export const TOKEN_AUDIENCE = "outrigger.dev/xds";

/** Downward-API values that Envoy's argument may refer to; their alphabets need no escaping in JSON. */
export const EXPANDED_NAMES = [
  "OUTRIGGER_POD_NAME",
  "OUTRIGGER_POD_NAMESPACE",
  "OUTRIGGER_POD_UID",
  "OUTRIGGER_POD_IP",
  "OUTRIGGER_NODE_NAME",
  "OUTRIGGER_HOST_IP",
] as const;
export type ExpandedName = (typeof EXPANDED_NAMES)[number];

/** Whether an entry of a registration has a name that only we give. */
export function isOurEntry(name: string): boolean {
  return name.endsWith(POD_ENTRY_SUFFIX) || name.endsWith(OBJECT_ENTRY_SUFFIX);
}

/** Cluster of the bootstrap: the SDS server of the pod's own, by the name that AWS's image gave it. */
export const SDS_CLUSTER = "static_cluster_sds_unix_socket";
