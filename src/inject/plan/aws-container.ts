import { verbatim } from "../../bootstrap/expansion.ts";
import { agentDrainSeconds } from "../../model/agent-drain.ts";
import { type JsonObject, stringOf } from "../../model/json.ts";
import { ENVOY_CONTAINER } from "../../model/names.ts";
import type { SidecarSettings } from "../decision.ts";
import type { PodView } from "../pod.ts";
import { xrayPort } from "../xray-port.ts";
import { envoyImage, readinessProbe } from "./envoy-container.ts";
import { extraMounts } from "./mounts.ts";
import { freePortName } from "./port-name.ts";

/** What the agent waits by itself; only another value is said. */
const IMAGE_DRAIN_SECONDS = 20;

/** The `envoy` container for AWS's own image: everything is said by environment (injector.md §4.6 and §7). */
export function awsContainer(
  pod: PodView,
  settings: SidecarSettings,
  resources: JsonObject,
  release: string,
  preStopSeconds: number,
): JsonObject {
  const { proxy } = settings.configuration;
  const native = proxy.mode === "native";
  const mounts = extraMounts(settings);
  return {
    name: ENVOY_CONTAINER,
    image: envoyImage(settings),
    ...(proxy.imagePullPolicy !== "" && { imagePullPolicy: proxy.imagePullPolicy }),
    ...(native && { restartPolicy: "Always" }),
    env: awsEnvironment(settings, release),
    ports: [{ name: freePortName(pod, "stats"), containerPort: proxy.adminPort, protocol: "TCP" }],
    ...(native && {
      startupProbe: {
        httpGet: { path: "/ready", port: proxy.adminPort },
        periodSeconds: 1,
        failureThreshold: proxy.startupTimeoutSeconds,
      },
    }),
    readinessProbe: readinessProbe(settings, proxy.adminPort),
    ...ordinaryLifecycle(settings, preStopSeconds),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      runAsUser: settings.uid,
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(mounts.length > 0 && { volumeMounts: mounts }),
  };
}

/** Whether the container goes first, so that its postStart hook holds the others back. */
export function holdsOthersBack(settings: SidecarSettings): boolean {
  const { mode, waitUntilReady } = settings.configuration.proxy;
  return settings.flavor === "aws" && mode === "ordinary" && waitUntilReady;
}

/**
 * The environment that the image's agent reads. The user's names come first; ours win by coming later, because of two
 * entries with one name the kubelet takes the last. In a fixed order, unlike the controller's (bug C3).
 */
export function awsEnvironment(settings: SidecarSettings, release: string): readonly JsonObject[] {
  const managed = managedEnvironment(settings, release);
  const names = managed.map((entry) => entry["name"]);
  return [
    ...settings.env.filter((entry) => !names.includes(entry.name)).map(({ name, value }) => ({ name, value })),
    ...managed,
  ];
}

/** Names that the user may not set: what they gave for these is left out, with a warning. */
export function managedNames(settings: SidecarSettings): readonly string[] {
  return managedEnvironment(settings, "").map((entry) => stringOf(entry["name"]) ?? "");
}

function managedEnvironment(settings: SidecarSettings, release: string): readonly JsonObject[] {
  const { proxy, region, stats } = settings.configuration;
  const resource = `mesh/${settings.mesh.path}/${settings.role.kind}/${settings.role.name}`;
  return [
    env("APPMESH_RESOURCE_ARN", resource),
    env("APPMESH_VIRTUAL_NODE_NAME", resource),
    ...(region === "" ? [] : [env("AWS_REGION", region)]),
    ...credentials(proxy.awsCredentialsSecret),
    env("ENVOY_ADMIN_ACCESS_ENABLE_IPV6", String(proxy.adminIpv6)),
    env("APPMESH_DUALSTACK_ENDPOINT", flag(proxy.dualStackEndpoint)),
    env("APPMESH_FIPS_ENDPOINT", flag(proxy.fipsEndpoint)),
    env("APPMESH_PREVIEW", flag(settings.preview)),
    env("ENVOY_LOG_LEVEL", proxy.logLevel),
    ...(proxy.concurrency > 0 ? [env("ENVOY_CONCURRENCY", String(proxy.concurrency))] : []),
    ...(proxy.drainSeconds === IMAGE_DRAIN_SECONDS
      ? []
      : [env("LISTENER_DRAIN_WAIT_TIME_S", String(agentDrainSeconds(proxy.drainSeconds)))]),
    ...(settings.sdsSocket === undefined ? [] : [env("APPMESH_SDS_SOCKET_PATH", settings.sdsSocket)]),
    env("ENVOY_ADMIN_ACCESS_PORT", String(proxy.adminPort)),
    ...(proxy.adminAccessLogFile === "" ? [] : [env("ENVOY_ADMIN_ACCESS_LOG_FILE", proxy.adminAccessLogFile)]),
    ...tracing(settings),
    ...(stats.tags ? [env("ENABLE_ENVOY_STATS_TAGS", "1")] : []),
    ...statsd(settings),
    env("APPMESH_PLATFORM_APP_MESH_CONTROLLER_VERSION", release),
    env("APPNET_AGENT_ADMIN_MODE", "uds"),
    env("APPNET_AGENT_ADMIN_UDS_PATH", "/tmp/agent.sock"),
    ...(holdsOthersBack(settings)
      ? [
          env("APPNET_AGENT_POLL_ENVOY_READINESS_TIMEOUT_S", String(proxy.postStartTimeoutSeconds)),
          env("APPNET_AGENT_POLL_ENVOY_READINESS_INTERVAL_S", String(proxy.postStartIntervalSeconds)),
        ]
      : []),
    field("APPMESH_PLATFORM_K8S_POD_UID", "metadata.uid"),
  ];
}

function tracing(settings: SidecarSettings): readonly JsonObject[] {
  const { provider, address, port } = settings.configuration.tracing;
  switch (provider) {
    case "none":
    case "otel":
      return [];
    case "xray":
      return [
        env("ENABLE_ENVOY_XRAY_TRACING", "1"),
        env("XRAY_DAEMON_PORT", String(xrayPort(settings))),
        env("XRAY_SAMPLING_RATE", settings.xraySamplingRate),
      ];
    case "datadog":
      return [
        env("ENABLE_ENVOY_DATADOG_TRACING", "1"),
        env("DATADOG_TRACER_PORT", String(port || 8126)),
        addressEnv("DATADOG_TRACER_ADDRESS", address || "datadog.appmesh-system"),
      ];
    case "jaeger":
      return [
        env("ENABLE_ENVOY_JAEGER_TRACING", "1"),
        env("JAEGER_TRACER_PORT", String(port || 9411)),
        addressEnv("JAEGER_TRACER_ADDRESS", address || "appmesh-jaeger.appmesh-system"),
      ];
  }
}

function statsd(settings: SidecarSettings): readonly JsonObject[] {
  const { stats } = settings.configuration;
  if (!stats.statsd) return [];
  const socket = stats.statsdSocketPath.trim();
  return [
    env("ENABLE_ENVOY_DOG_STATSD", "1"),
    env("STATSD_PORT", String(stats.statsdPort)),
    addressEnv("STATSD_ADDRESS", stats.statsdAddress),
    ...(socket === "" ? [] : [env("STATSD_SOCKET_PATH", socket)]),
  ];
}

function ordinaryLifecycle(settings: SidecarSettings, preStopSeconds: number): JsonObject {
  if (settings.configuration.proxy.mode === "native") return {};
  const lifecycle = {
    ...(holdsOthersBack(settings) && { postStart: { exec: { command: ["/usr/bin/agent", "-envoyReadiness"] } } }),
    ...(preStopSeconds > 0 && { preStop: { sleep: { seconds: preStopSeconds } } }),
  };
  return Object.keys(lifecycle).length > 0 ? { lifecycle } : {};
}

/** Keys come from a Secret, never from a flag or a plain value (bug C26). */
function credentials(secret: string): readonly JsonObject[] {
  if (secret === "") return [];
  const from = (name: string, key: string, optional: boolean): JsonObject => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key, ...(optional && { optional }) } },
  });
  return [
    from("AWS_ACCESS_KEY_ID", "accessKeyId", false),
    from("AWS_SECRET_ACCESS_KEY", "secretAccessKey", false),
    from("AWS_SESSION_TOKEN", "sessionToken", true),
  ];
}

function addressEnv(name: string, address: string): JsonObject {
  return address === "ref:status.hostIP" ? field(name, "status.hostIP") : env(name, address);
}

/** Names of meshes and nodes, paths: none of them is a reference to a variable, whatever it looks like. */
function env(name: string, value: string): JsonObject {
  return { name, value: verbatim(value) };
}

function field(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function flag(on: boolean): string {
  return on ? "1" : "0";
}
