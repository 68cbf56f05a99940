import { z } from "zod";
import { host, image, optionalAbsolutePath, port, quantity, seconds, secretName } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** The sidecar. */
export const proxy = group({
  image: setting(image.default(""), "image of the sidecar, with tag or digest; empty: the default of the flavor"),
  imagePullPolicy: setting(
    z.enum(["", "Always", "IfNotPresent", "Never"]).default(""),
    "pull policy of the sidecar's image; empty: the cluster's default",
  ),
  pullSecret: setting(secretName.default(""), "pull secret added to injected pods; empty: none"),
  logLevel: setting(
    z.enum(["trace", "debug", "info", "warn", "warning", "error", "critical", "off"]).default("info"),
    "log level of the sidecar",
  ),
  uid: setting(
    z.int().min(1).max(2_147_483_647).default(1337),
    "user that the sidecar runs as and whose traffic is not captured",
  ),
  requests: group({
    cpu: setting(quantity.default("10m"), "CPU that the sidecar requests; empty: none"),
    memory: setting(quantity.default("32Mi"), "memory that the sidecar requests; empty: none"),
  }),
  limits: group({
    cpu: setting(quantity.default(""), "CPU limit of the sidecar; empty: none"),
    memory: setting(quantity.default(""), "memory limit of the sidecar; empty: none"),
  }),
  mode: setting(
    z.enum(["native", "ordinary"]).default("native"),
    "native: restartable init container, ordered by the kubelet; ordinary: plain container, unordered",
  ),
  concurrency: setting(
    z.int().min(0).max(256).default(0),
    "worker threads of Envoy; 0: two in a sidecar, and as many as the CPU limit or the machine allows in a gateway and with flavor aws",
  ),
  adminPort: setting(port.default(9901), "port of Envoy's admin interface"),
  adminAccessLogFile: setting(
    optionalAbsolutePath.default("/tmp/envoy_admin_access.log"),
    "access log of the admin interface (flavor aws); empty: the image's default",
  ),
  adminIpv6: setting(z.boolean().default(false), "admin interface on IPv6 (flavor aws)"),
  dualStackEndpoint: setting(z.boolean().default(false), "AWS's dual-stack endpoint (flavor aws)"),
  fipsEndpoint: setting(z.boolean().default(false), "AWS's FIPS endpoint (flavor aws)"),
  drainSeconds: setting(seconds.default(20), "flavor aws: how long Envoy drains connections at its end, in seconds"),
  preStopDelaySeconds: setting(
    seconds.default(20),
    "how long to wait before Envoy is told to stop, in seconds (gateways of flavor envoy; sidecars in mode ordinary)",
  ),
  startupTimeoutSeconds: setting(
    z.int().min(1).max(3600).default(180),
    "how long Envoy may take until it is ready for the first time, in seconds",
  ),
  readinessInitialDelaySeconds: setting(seconds.default(1), "wait before the first readiness probe, in seconds"),
  readinessPeriodSeconds: setting(z.int().min(1).max(3600).default(10), "time between readiness probes, in seconds"),
  /** Ordinary mode, aws flavor: Envoy comes first and a postStart hook holds the others back. */
  waitUntilReady: setting(
    z.boolean().default(false),
    "Envoy first, the others held back until it is ready (mode ordinary, flavor aws)",
  ),
  postStartTimeoutSeconds: setting(seconds.default(180), "how long the others are held back at most, in seconds"),
  postStartIntervalSeconds: setting(
    z.int().min(1).max(3600).default(5),
    "time between two looks at Envoy's readiness meanwhile, in seconds",
  ),
  /** fsGroup for pods without one, as both AWS programs set it; 0: leave the pod's. */
  fsGroup: setting(z.int().min(0).max(2_147_483_647).default(0), "fsGroup of pods that have none; 0: leave the pod's"),
  awsCredentialsSecret: setting(
    secretName.default(""),
    "Secret with accessKeyId, secretAccessKey and optionally sessionToken (flavor aws)",
  ),
  controlPlane: setting(
    z.enum(["ads", "none"]).default("ads"),
    "ads: configuration from the control plane; none: static pass-through, no identity",
  ),
  controlPlaneAddress: setting(
    host.default("outrigger.appmesh-system.svc"),
    "host name or IP address of the control plane",
  ),
  controlPlanePort: setting(port.default(18000), "port of the control plane"),
});
