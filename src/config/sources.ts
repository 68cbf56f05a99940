import type { Configuration } from "./schema.ts";

/** Dotted path of a setting, as in the file: `proxy.logLevel`. */
export type SettingPath = Leaves<Configuration>;

type Leaves<T, Prefix extends string = ""> = {
  [K in keyof T & string]: T[K] extends string | number | boolean | readonly unknown[]
    ? `${Prefix}${K}`
    : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

/** A group of settings in help and documentation; `general` are those at the top of the file. */
export const SECTIONS = [
  "general",
  "proxy",
  "capture",
  "tracing",
  "stats",
  "sds",
  "webhook",
  "controlPlane",
  "log",
] as const;
export type Section = (typeof SECTIONS)[number];

/** What the types in `schema.ts` do not say about a setting. */
interface Description {
  /** One phrase, without a full stop, for help and documentation. */
  readonly says: string;
  /** The flag, where it is a friendlier one than the rule makes. */
  readonly flag?: string;
}

/**
 * Every setting once; the compiler sees to it that none is missing. Where a value may come from follows by rule:
 * `proxy.logLevel` in the file, `OUTRIGGER_PROXY_LOG_LEVEL` in the environment, `--proxy-log-level` on the command line.
 * What the two AWS programs called it stands in `former-names.ts`.
 */
const DESCRIPTIONS: { readonly [P in SettingPath]: Description } = {
  meshName: { says: "mesh of pods that neither name one nor match a VirtualNode" },
  region: { says: "AWS region that sidecars are told" },
  accountId: { says: "own AWS account; a mesh of another owner is addressed as name@owner" },
  injectDefault: { says: "whether a pod of an enabled namespace that says nothing itself gets a sidecar" },
  virtualNodeNaming: {
    says: "how a virtual node is named after the pod's owner where neither annotation nor selector says",
  },
  onMissingVirtualNode: { says: "what happens to a pod that no VirtualNode matches" },
  otherMesh: { says: "a pod that belongs to another mesh: leave it alone, or inject all the same" },
  excludedNamespaces: { says: "further namespaces that are never injected, besides kube-system and Outrigger's own" },
  flavor: { says: "envoy: stock upstream image, configured inline; aws: AWS's image and its environment variables" },
  preview: { says: "AWS preview features, where the pod's annotation does not say" },
  cloudMapReadinessGate: { says: "add the Cloud Map readiness gate, which the control plane must then set" },

  "proxy.image": { says: "image of the sidecar, with tag or digest; empty: the default of the flavor" },
  "proxy.imagePullPolicy": { says: "pull policy of the sidecar's image; empty: the cluster's default" },
  "proxy.pullSecret": { says: "pull secret added to injected pods; empty: none" },
  "proxy.logLevel": { says: "log level of the sidecar" },
  "proxy.uid": { says: "user that the sidecar runs as and whose traffic is not captured" },
  "proxy.requests.cpu": { says: "CPU that the sidecar requests; empty: none" },
  "proxy.requests.memory": { says: "memory that the sidecar requests; empty: none" },
  "proxy.limits.cpu": { says: "CPU limit of the sidecar; empty: none" },
  "proxy.limits.memory": { says: "memory limit of the sidecar; empty: none" },
  "proxy.mode": {
    says: "native: restartable init container, ordered by the kubelet; ordinary: plain container, unordered",
  },
  "proxy.concurrency": { says: "worker threads of Envoy; 0: as many as the CPU limit or the machine allows" },
  "proxy.adminPort": { says: "port of Envoy's admin interface" },
  "proxy.adminAccessLogFile": { says: "access log of the admin interface (flavor aws); empty: the image's default" },
  "proxy.adminIpv6": { says: "admin interface on IPv6 (flavor aws)" },
  "proxy.dualStackEndpoint": { says: "AWS's dual-stack endpoint (flavor aws)" },
  "proxy.fipsEndpoint": { says: "AWS's FIPS endpoint (flavor aws)" },
  "proxy.drainSeconds": { says: "flavor aws: how long Envoy drains connections at its end, in seconds" },
  "proxy.preStopDelaySeconds": { says: "how long to wait before Envoy is told to stop, in seconds (mode ordinary)" },
  "proxy.startupTimeoutSeconds": { says: "how long Envoy may take until it is ready for the first time, in seconds" },
  "proxy.readinessInitialDelaySeconds": { says: "wait before the first readiness probe, in seconds" },
  "proxy.readinessPeriodSeconds": { says: "time between readiness probes, in seconds" },
  "proxy.waitUntilReady": { says: "Envoy first, the others held back until it is ready (mode ordinary, flavor aws)" },
  "proxy.postStartTimeoutSeconds": { says: "how long the others are held back at most, in seconds" },
  "proxy.postStartIntervalSeconds": { says: "time between two looks at Envoy's readiness meanwhile, in seconds" },
  "proxy.fsGroup": { says: "fsGroup of pods that have none; 0: leave the pod's" },
  "proxy.awsCredentialsSecret": {
    says: "Secret with accessKeyId, secretAccessKey and optionally sessionToken (flavor aws)",
  },
  "proxy.controlPlane": { says: "ads: configuration from the control plane; none: static pass-through, no identity" },
  "proxy.controlPlaneAddress": { says: "host name or IP address of the control plane" },
  "proxy.controlPlanePort": { says: "port of the control plane" },

  "capture.mode": { says: "init: init container proxyinit; cni: annotations for the App Mesh CNI plugin" },
  "capture.image": { says: "image of proxyinit; empty: Outrigger's own" },
  "capture.imagePullPolicy": { says: "pull policy of that image; empty: the cluster's default" },
  "capture.program": { says: "which program the image holds; auto: by the image's name" },
  "capture.backend": { says: "kernel interface that the rules are written to" },
  "capture.initContainers": {
    says: "inside: the pod's own init containers run in the mesh; outside: before its traffic is captured",
  },
  "capture.ignoredIps": { says: "addresses and ranges that outgoing traffic reaches without the sidecar" },
  "capture.ignoredPorts": { says: "ports that outgoing traffic reaches without the sidecar" },
  "capture.ipv6": { says: "capture IPv6 too" },

  "tracing.provider": { says: "where traces go" },
  "tracing.address": {
    says: "host name, IP address or ref:status.hostIP of the collector; empty: the provider's default",
  },
  "tracing.port": { says: "port of the collector; 0: xray 2000, jaeger 9411, datadog 8126, otel 4317" },
  "tracing.samplingRate": { says: "share of requests that are traced, from 0 to 1" },
  "tracing.xrayImage": { says: "image of the X-Ray daemon" },
  "tracing.xrayLogLevel": { says: "log level of the X-Ray daemon" },
  "tracing.xrayRoleArn": { says: "IAM role that the X-Ray daemon assumes; empty: none" },

  "stats.tags": { says: "tag statistics with mesh and virtual node" },
  "stats.statsd": { says: "send statistics by DogStatsD" },
  "stats.statsdAddress": { says: "host name, IP address or ref:status.hostIP of the DogStatsD server" },
  "stats.statsdPort": { says: "port of the DogStatsD server" },
  "stats.statsdSocketPath": { says: "Unix socket of the DogStatsD server, instead of address and port; empty: none" },

  "sds.enabled": { says: "certificates from a local SDS server such as SPIRE" },
  "sds.udsPath": { says: "Unix socket of the SDS server on the node" },

  "webhook.listen": { says: "address and port of the webhook", flag: "listen" },
  "webhook.metricsListen": { says: "address and port of metrics and health; empty: none", flag: "metrics-listen" },
  "webhook.certificate": {
    says: "cluster: of the authority that replicas share; own: for this machine; auto: files where given, else own",
  },
  "webhook.tlsCert": { says: "PEM file with the webhook's certificate; empty: one of its own", flag: "tls-cert" },
  "webhook.tlsKey": { says: "PEM file with the key of that certificate", flag: "tls-key" },
  "webhook.trust": { says: "PEM file with the mesh's trust; empty: the ConfigMap outrigger-trust", flag: "trust" },
  "webhook.offline": { says: "no cluster, no look-ups", flag: "offline" },
  "webhook.kubeconfig": {
    says: "file that says how to reach the cluster; empty: as kubectl finds it",
    flag: "kubeconfig",
  },
  "webhook.shutdownSeconds": { says: "how long answers may still take after SIGTERM, in seconds" },

  "webhook.certificates.rootSeconds": { says: "lifetime of the webhook's authority, in seconds (certificate cluster)" },
  "webhook.certificates.leafSeconds": {
    says: "lifetime of the webhook's certificate, in seconds (certificate cluster)",
  },
  "webhook.certificates.settleSeconds": {
    says: "how long API servers may still verify by a former caBundle, in seconds (certificate cluster)",
  },

  "controlPlane.restartSlippedThrough": {
    says: "evict pods that were created without asking the injector, where their controller makes them anew",
  },
  "controlPlane.listen": { says: "address and port of the control plane" },
  "controlPlane.metricsListen": { says: "address and port of metrics and health; empty: none" },
  "controlPlane.diagnosticsListen": {
    says: "address and port, on loopback, that shows every stream of a proxy; empty: none",
  },
  "controlPlane.kubeconfig": { says: "file that says how to reach the cluster; empty: as kubectl finds it" },
  "controlPlane.mesh": {
    says: "whether proxies get what the App Mesh resources say (serve), or pass traffic through (observe), where neither namespace nor Mesh says it by the annotation outrigger.dev/mesh",
  },
  "controlPlane.streamMaxAgeSeconds": {
    says: "how long a proxy's stream may stand before it is made anew, in seconds",
  },
  "controlPlane.accessLog": {
    says: "file in which sidecars log each connection: /dev/stdout or /dev/stderr, for nothing else can be written there; empty: they do not",
  },
  "controlPlane.statsListener": {
    says: "whether each sidecar answers GET of /ready, /stats, /stats/prometheus and /server_info at its pod's address, on the port proxy.adminPort, as App Mesh's did; nothing else of the admin interface is reached there",
  },
  "controlPlane.shutdownSeconds": { says: "how long streams may still take to end after SIGTERM, in seconds" },
  "controlPlane.certificates.rootSeconds": { says: "lifetime of the mesh's authority, in seconds" },
  "controlPlane.certificates.leafSeconds": { says: "lifetime of the control plane's certificate, in seconds" },
  "controlPlane.certificates.settleSeconds": {
    says: "how long proxies may still verify by a former trust bundle, in seconds",
  },

  "log.level": { says: "log level of Outrigger itself" },
};

/** A setting and the names that it has in each source. */
export interface Setting {
  readonly path: SettingPath;
  readonly section: Section;
  readonly says: string;
  /** Environment variable. */
  readonly variable: string;
  /** Flag without dashes. */
  readonly flag: string;
  /** The flag that the rule makes, where `flag` is a friendlier one; it is accepted too. */
  readonly flagByRule: string;
}

/** All settings, in the order of help and documentation. */
export const SETTINGS: readonly Setting[] = (Object.keys(DESCRIPTIONS) as SettingPath[]).map((path) => {
  const { says, flag } = DESCRIPTIONS[path];
  const words = path.split(".").flatMap((part) => part.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).split(" "));
  const flagByRule = words.join("-").toLowerCase();
  const variable = `OUTRIGGER_${words.join("_").toUpperCase()}`;
  return { path, section: sectionOf(path), says, variable, flag: flag ?? flagByRule, flagByRule };
});

function sectionOf(path: SettingPath): Section {
  const [first] = path.split(".");
  return path.includes(".") ? (first as Section) : "general";
}
