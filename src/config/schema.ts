import { z } from "zod";
import type { DeepReadonly } from "../model/deep-readonly.ts";
import { EXEMPT_ADDRESSES, EXEMPT_PORT } from "../model/exempt.ts";

/**
 * Every setting of Outrigger, its type and its default. Where a setting may come from besides the file
 * (environment, flags, names of the two AWS programs) stands in `sources.ts`; both are documented in
 * `docs/configuration.md`, which a test keeps equal to this file.
 */
const port = z.int().min(1).max(65535);
const seconds = z.int().min(0).max(86_400);

/** A text of the given form; the form completes the sentence "expected …" and stands in the documentation. */
function text(form: string, pattern: RegExp, maximum = 255) {
  return z.string().max(maximum, `expected ${form}`).regex(pattern, `expected ${form}`).describe(form);
}

const quantity = text(
  "a Kubernetes quantity such as 10m, 0.5 or 32Mi, or nothing",
  /^$|^[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?$/,
  64,
);
/** Names end up in node ids, so they keep to what App Mesh accepted: no slash, no control character. */
const meshName = text(
  "a mesh name of at most 255 characters without slash or control character, or nothing",
  /^[^/\p{Cc}]*$/u,
);
const image = text(
  "an image reference such as repository/name:tag or repository/name@sha256:…, or nothing",
  /^[^\s\p{Cc}]*$/u,
  1024,
);
const host = text("a host name or an IP address", /^[A-Za-z0-9._:[\]-]+$/);
const hostOrReference = text(
  "a host name, an IP address or ref:status.hostIP",
  /^(ref:status\.hostIP|[A-Za-z0-9._:[\]-]+)$/,
);
const optionalHostOrReference = text(
  "a host name, an IP address or ref:status.hostIP, or nothing",
  /^(ref:status\.hostIP|[A-Za-z0-9._:[\]-]*)$/,
);
const absolutePath = text("an absolute path", /^\/\P{Cc}*$/u);
const optionalAbsolutePath = text("an absolute path, or nothing", /^(\/\P{Cc}*)?$/u);
const optionalFile = text("the path of a file, or nothing", /^\P{Cc}*$/u, 4096);
const secretName = text("the name of a Secret, or nothing", /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$/, 253);
const namespace = text("the name of a namespace", /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63);
/** A lifetime: from seconds, for tests, to thirty years. */
const lifetime = z.int().min(1).max(946_080_000);
/** How an authority of our own issues certificates; what the times mean together stands in docs/certificates.md. */
const certificates = (settleSeconds: number) =>
  z
    .strictObject({
      rootSeconds: lifetime.default(315_360_000),
      leafSeconds: lifetime.default(604_800),
      settleSeconds: lifetime.default(settleSeconds),
    })
    .prefault({});
const LISTEN_ADDRESS =
  /^([A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;
const listenAddress = text("ADDRESS:PORT such as 0.0.0.0:8443, [::]:8443 or 127.0.0.1:0", LISTEN_ADDRESS);
const addressOrRange = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], "expected an IP address or a CIDR range")
  .describe("an IP address or a CIDR range");
const requests = z.strictObject({ cpu: quantity.default("10m"), memory: quantity.default("32Mi") });
const limits = z.strictObject({ cpu: quantity.default(""), memory: quantity.default("") });
/** A text that must look like a decimal from 0 to 1; a text, because `1e-2`, hex floats and NaN are not wanted. */
const samplingRate = text("a decimal from 0 to 1 such as 0.05", /^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$/);

export const configurationSchema = z.strictObject({
  /** Mesh of pods that neither name one nor match a VirtualNode. */
  meshName: meshName.default(""),
  /** AWS region, for the aws flavor. */
  region: text("a region such as us-west-2, or nothing", /^[a-z0-9-]*$/, 63).default(""),
  /** Own AWS account: a mesh of another owner is addressed as name@owner. */
  accountId: text("an account number of 12 digits, or nothing", /^([0-9]{12})?$/).default(""),
  /** What happens to a pod of an enabled namespace that says nothing itself. */
  injectDefault: z.boolean().default(true),
  virtualNodeNaming: z.enum(["namespace-owner", "owner-namespace", "owner_namespace"]).default("namespace-owner"),
  onMissingVirtualNode: z.enum(["passthrough", "deny", "skip"]).default("passthrough"),
  /** A pod that belongs to another mesh: leave it alone, or inject all the same. */
  otherMesh: z.enum(["skip", "insist"]).default("skip"),
  /** Further namespaces that are never injected, besides the cluster's own and ours. */
  excludedNamespaces: z.array(namespace).max(256).default([]),
  /** envoy: stock upstream image and inline bootstrap. aws: AWS's image and its environment contract. */
  flavor: z.enum(["envoy", "aws"]).default("envoy"),
  preview: z.boolean().default(false),
  proxy: z
    .strictObject({
      /** Full reference, tag or digest; empty: the default image of the flavor. */
      image: image.default(""),
      imagePullPolicy: z.enum(["", "Always", "IfNotPresent", "Never"]).default(""),
      /** Name of a pull secret to add to injected pods; empty: none. */
      pullSecret: secretName.default(""),
      logLevel: z.enum(["trace", "debug", "info", "warn", "warning", "error", "critical", "off"]).default("info"),
      uid: z.int().min(1).max(2_147_483_647).default(1337),
      requests: requests.prefault({}),
      limits: limits.prefault({}),
      /** native: restartable init container, ordered by the kubelet. ordinary: plain container, unordered. */
      mode: z.enum(["native", "ordinary"]).default("native"),
      /** Worker threads of Envoy; 0: as many as the CPU limit or the machine allows. */
      concurrency: z.int().min(0).max(256).default(0),
      adminPort: port.default(9901),
      /** aws flavor; empty: the image's default. */
      adminAccessLogFile: optionalAbsolutePath.default("/tmp/envoy_admin_access.log"),
      adminIpv6: z.boolean().default(false),
      dualStackEndpoint: z.boolean().default(false),
      fipsEndpoint: z.boolean().default(false),
      /** Drain time at the end, of the aws flavor's agent. */
      drainSeconds: seconds.default(20),
      /** Ordinary mode only: sleep before Envoy is told to stop. */
      preStopDelaySeconds: seconds.default(20),
      /** How long Envoy may take until it is ready for the first time. */
      startupTimeoutSeconds: z.int().min(1).max(3600).default(180),
      readinessInitialDelaySeconds: seconds.default(1),
      readinessPeriodSeconds: z.int().min(1).max(3600).default(10),
      /** Ordinary mode, aws flavor: Envoy comes first and a postStart hook holds the others back. */
      waitUntilReady: z.boolean().default(false),
      postStartTimeoutSeconds: seconds.default(180),
      postStartIntervalSeconds: z.int().min(1).max(3600).default(5),
      /** fsGroup for pods without one, as both AWS programs set it; 0: leave the pod's. */
      fsGroup: z.int().min(0).max(2_147_483_647).default(0),
      /** Secret with the keys accessKeyId, secretAccessKey and sessionToken (optional), for the aws flavor. */
      awsCredentialsSecret: secretName.default(""),
      /** ads: configuration from the control plane. none: static pass-through, no identity. */
      controlPlane: z.enum(["ads", "none"]).default("ads"),
      controlPlaneAddress: host.default("outrigger.appmesh-system.svc"),
      controlPlanePort: port.default(18000),
    })
    .prefault({}),
  capture: z
    .strictObject({
      /** init: init container proxyinit. cni: annotations for the App Mesh CNI plugin (as on Fargate). */
      mode: z.enum(["init", "cni"]).default("init"),
      /** Empty: Outrigger's own image. */
      image: image.default(""),
      imagePullPolicy: z.enum(["", "Always", "IfNotPresent", "Never"]).default(""),
      /** Which program the image holds; auto goes by the image's name. */
      program: z.enum(["auto", "outrigger", "aws"]).default("auto"),
      backend: z.enum(["nft", "legacy"]).default("nft"),
      /** inside: the pod's own init containers run in the mesh. outside: before traffic is captured, as App Mesh had it. */
      initContainers: z.enum(["inside", "outside"]).default("inside"),
      ignoredIps: z
        .array(addressOrRange)
        .max(256)
        .default([...EXEMPT_ADDRESSES]),
      ignoredPorts: z.array(port).max(256).default([EXEMPT_PORT]),
      ipv6: z.boolean().default(true),
    })
    .prefault({}),
  tracing: z
    .strictObject({
      provider: z.enum(["none", "xray", "jaeger", "datadog", "otel"]).default("none"),
      /** Host, IP address or ref:status.hostIP; empty: the provider's default. */
      address: optionalHostOrReference.default(""),
      /** 0: the provider's default (xray 2000, jaeger 9411, datadog 8126, otel 4317). */
      port: z.int().min(0).max(65535).default(0),
      samplingRate: samplingRate.default("0.05"),
      xrayImage: image.default("public.ecr.aws/xray/aws-xray-daemon"),
      xrayLogLevel: z.enum(["prod", "dev", "debug", "info", "warn", "error"]).default("prod"),
      xrayRoleArn: text(
        "the ARN of an IAM role, or nothing",
        /^(arn:[a-z0-9-]+:iam::[0-9]{12}:role\/[\w+=,.@/-]+)?$/,
        2048,
      ).default(""),
    })
    .prefault({}),
  stats: z
    .strictObject({
      tags: z.boolean().default(false),
      statsd: z.boolean().default(false),
      statsdAddress: hostOrReference.default("127.0.0.1"),
      statsdPort: port.default(8125),
      statsdSocketPath: optionalAbsolutePath.default(""),
    })
    .prefault({}),
  sds: z
    .strictObject({
      enabled: z.boolean().default(false),
      udsPath: absolutePath.default("/run/spire/sockets/agent.sock"),
    })
    .prefault({}),
  /** Add the readiness gate that the control plane must then set. */
  cloudMapReadinessGate: z.boolean().default(false),
  webhook: z
    .strictObject({
      listen: listenAddress.default("0.0.0.0:8443"),
      metricsListen: text(
        "ADDRESS:PORT such as 0.0.0.0:9090, or nothing",
        new RegExp(`^$|${LISTEN_ADDRESS.source}`),
      ).default("0.0.0.0:9090"),
      /**
       * files: tlsCert and tlsKey. own: made by this process for this machine. cluster: of the authority that replicas share,
       * with the registration's caBundle kept up to date. auto: files where they are given, else own.
       */
      certificate: z.enum(["auto", "files", "own", "cluster"]).default("auto"),
      tlsCert: optionalFile.default(""),
      tlsKey: optionalFile.default(""),
      /** PEM file with the mesh's trust; empty: the ConfigMap outrigger-trust. */
      trust: optionalFile.default(""),
      /** No cluster, no look-ups. */
      offline: z.boolean().default(false),
      kubeconfig: optionalFile.default(""),
      shutdownSeconds: z.int().min(0).max(600).default(20),
      /** API servers take up a changed registration within seconds. */
      certificates: certificates(60),
    })
    .prefault({}),
  controlPlane: z
    .strictObject({
      listen: listenAddress.default("0.0.0.0:18000"),
      metricsListen: text(
        "ADDRESS:PORT such as 0.0.0.0:9090, or nothing",
        new RegExp(`^$|${LISTEN_ADDRESS.source}`),
      ).default("0.0.0.0:9090"),
      /** Plain text that shows every stream: on loopback only, where a port-forward reaches it. */
      diagnosticsListen: text(
        "ADDRESS:PORT on loopback such as 127.0.0.1:9091 or [::1]:9091, or nothing",
        /^((127\.0\.0\.1|\[::1\]):[0-9]{1,5})?$/,
      ).default("127.0.0.1:9091"),
      kubeconfig: optionalFile.default(""),
      /** observe: the mesh is computed, and every proxy passes its traffic through. serve: proxies get what the mesh says. */
      mesh: z.enum(["observe", "serve"]).default("observe"),
      /** Half an hour, as App Mesh did: streams spread over replicas again after one was away. */
      streamMaxAgeSeconds: z.int().min(10).max(86_400).default(1800),
      /** Where proxies log; empty: nowhere. Envoy can open nothing else in its container, and a file that it cannot open takes the listener. */
      accessLog: text("/dev/stdout or /dev/stderr, or nothing", /^(\/dev\/std(out|err))?$/).default(""),
      /** Statistics and readiness at the address of each pod, on port `proxy.adminPort`, as App Mesh's Envoys had them. */
      statsListener: z.boolean().default(true),
      shutdownSeconds: z.int().min(0).max(600).default(20),
      /** Evicts pods that were created without asking the injector, where their controller creates them again. */
      restartSlippedThrough: z.boolean().default(false),
      /** Kubelets bring a changed annotation into a running pod within two minutes. */
      certificates: certificates(180),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info") })
    .prefault({}),
});

/** The effective configuration: complete, validated, read-only. */
export type Configuration = DeepReadonly<z.output<typeof configurationSchema>>;
/** What a file or a caller may give: everything optional. */
export type ConfigurationInput = z.input<typeof configurationSchema>;

/** Default image of each flavor. */
export const PROXY_IMAGES = {
  envoy: "docker.io/envoyproxy/envoy:distroless-v1.40.0",
  aws: "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod",
} as const;

/** Validates a whole configuration and fills in the defaults. Throws a ZodError that lists all problems. */
export function configuration(input: ConfigurationInput = {}): Configuration {
  return configurationSchema.parse(input);
}
