import type { SettingPath } from "../sources.ts";
import { type FormerName, type Meaning, PORT_TO_LISTEN, switchTo } from "./name.ts";
import type { FormerPart } from "./part.ts";
import { RETIRED_NAMES } from "./retired-names.ts";

/**
 * Every name of the injector of 2019 (flags, install script, Helm chart `appmesh-inject`) and of the controller (flags,
 * Helm chart `appmesh-controller`) that means something here. Helm values that have the same name and meaning as a
 * setting of ours (`region`, `tracing.address`, `stats.statsdPort`, …) need no entry.
 */
const LIVING_NAMES: readonly FormerName[] = [
  { values: ["mesh.name"], variables: ["MESH_NAME", "APPMESH_NAME"], becomes: setting("meshName") },
  {
    flags: ["aws-region"],
    variables: ["APPMESH_REGION", "MESH_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"],
    becomes: setting("region"),
  },
  { flags: ["aws-account-id"], becomes: setting("accountId") },

  // The sidecar.
  {
    flags: ["sidecar-image"],
    values: ["sidecar.image"],
    variables: ["SIDECAR_IMAGE"],
    becomes: setting("proxy.image"),
  },
  part("sidecar-image-repository", "sidecar.image.repository", "former:sidecar.repository", "proxy.image"),
  part("sidecar-image-tag", "sidecar.image.tag", "former:sidecar.tag", "proxy.image"),
  {
    flags: ["sidecar-log-level"],
    values: ["sidecar.logLevel"],
    variables: ["APPMESH_LOG_LEVEL", "ENVOY_LOG_LEVEL"],
    becomes: setting("proxy.logLevel"),
  },
  {
    flags: ["sidecar-cpu-requests"],
    values: ["sidecar.resources.requests.cpu"],
    variables: ["SIDECAR_CPU_REQUESTS"],
    becomes: setting("proxy.requests.cpu"),
  },
  {
    flags: ["sidecar-memory-requests"],
    values: ["sidecar.resources.requests.memory"],
    variables: ["SIDECAR_MEMORY_REQUESTS"],
    becomes: setting("proxy.requests.memory"),
  },
  alias("sidecar-cpu-limits", "sidecar.resources.limits.cpu", "proxy.limits.cpu"),
  alias("sidecar-memory-limits", "sidecar.resources.limits.memory", "proxy.limits.memory"),
  alias("envoy-admin-access-port", "sidecar.envoyAdminAccessPort", "proxy.adminPort"),
  alias("envoy-admin-access-log-file", "sidecar.envoyAdminAccessLogFile", "proxy.adminAccessLogFile"),
  onOff("envoy-admin-access-enable-ipv6", "sidecar.envoyAdminAccessEnableIPv6", "proxy.adminIpv6"),
  onOff("dual-stack-endpoint", "sidecar.useDualStackEndpoint", "proxy.dualStackEndpoint"),
  onOff("fips-endpoint", "sidecar.useFipsEndpoint", "proxy.fipsEndpoint"),
  onOff("wait-until-proxy-ready", "sidecar.waitUntilProxyReady", "proxy.waitUntilReady"),
  alias("prestop-delay", "sidecar.lifecycleHooks.preStopDelay", "proxy.preStopDelaySeconds"),
  alias("poststart-timeout", "sidecar.lifecycleHooks.postStartTimeout", "proxy.postStartTimeoutSeconds"),
  alias("poststart-interval", "sidecar.lifecycleHooks.postStartInterval", "proxy.postStartIntervalSeconds"),
  alias(
    "readiness-probe-initial-delay",
    "sidecar.probes.readinessProbeInitialDelay",
    "proxy.readinessInitialDelaySeconds",
  ),
  alias("readiness-probe-period", "sidecar.probes.readinessProbePeriod", "proxy.readinessPeriodSeconds"),
  {
    flags: ["enable-iam-for-service-accounts"],
    onOff: true,
    becomes: { kind: "setting", path: "proxy.fsGroup", convert: switchTo("1337", "0") },
  },
  {
    flags: ["enable-ecr-secret", "ecr-secret"],
    onOff: true,
    becomes: { kind: "setting", path: "proxy.pullSecret", convert: switchTo("appmesh-ecr-secret", "") },
  },

  // Redirecting the pod's traffic.
  { flags: ["init-image"], values: ["init.image"], variables: ["INIT_IMAGE"], becomes: setting("capture.image") },
  { values: ["init.image.repository"], becomes: partOf("former:init.repository", "capture.image") },
  { values: ["init.image.tag"], becomes: partOf("former:init.tag", "capture.image") },
  { flags: ["ignored-ips"], becomes: setting("capture.ignoredIps") },

  // Tracing: one switch for each provider, or one switch and a provider.
  {
    flags: ["enable-xray-tracing", "inject-xray-sidecar"],
    variables: ["INJECT_XRAY_SIDECAR"],
    onOff: true,
    becomes: partOf("former:tracing.xray", "tracing.provider"),
  },
  { flags: ["enable-jaeger-tracing"], onOff: true, becomes: partOf("former:tracing.jaeger", "tracing.provider") },
  { flags: ["enable-datadog-tracing"], onOff: true, becomes: partOf("former:tracing.datadog", "tracing.provider") },
  { values: ["tracing.enabled"], becomes: partOf("former:tracing.enabled", "tracing.provider") },
  { flags: ["jaeger-address"], becomes: partOf("former:jaeger.address", "tracing.address") },
  { flags: ["datadog-address"], becomes: partOf("former:datadog.address", "tracing.address") },
  { flags: ["jaeger-port"], becomes: partOf("former:jaeger.port", "tracing.port") },
  { flags: ["datadog-port"], becomes: partOf("former:datadog.port", "tracing.port") },
  { flags: ["xray-daemon-port"], becomes: partOf("former:xray.port", "tracing.port") },
  { flags: ["xray-sampling-rate"], becomes: setting("tracing.samplingRate") },
  alias("xray-log-level", "tracing.logLevel", "tracing.xrayLogLevel"),
  alias("xray-config-roleArn", "tracing.role", "tracing.xrayRoleArn"),
  alias("xray-image", "xray.image", "tracing.xrayImage"),
  { values: ["xray.image.repository"], becomes: partOf("former:xray.repository", "tracing.xrayImage") },
  { values: ["xray.image.tag"], becomes: partOf("former:xray.tag", "tracing.xrayImage") },

  // Statistics and certificates.
  {
    flags: ["enable-stats-tags"],
    values: ["stats.tagsEnabled"],
    variables: ["ENABLE_STATS_TAGS"],
    onOff: true,
    becomes: setting("stats.tags"),
  },
  {
    flags: ["enable-statsd"],
    values: ["stats.statsdEnabled"],
    variables: ["ENABLE_STATSD"],
    onOff: true,
    becomes: setting("stats.statsd"),
  },
  { flags: ["statsd-address"], becomes: setting("stats.statsdAddress") },
  { flags: ["statsd-port"], becomes: setting("stats.statsdPort") },
  { flags: ["statsd-socket-path"], becomes: setting("stats.statsdSocketPath") },
  { flags: ["enable-sds"], onOff: true, becomes: setting("sds.enabled") },

  // The webhook itself.
  { flags: ["port"], becomes: { kind: "setting", path: "webhook.listen", convert: PORT_TO_LISTEN } },
  { flags: ["tlscert"], becomes: setting("webhook.tlsCert") },
  { flags: ["tlskey"], becomes: setting("webhook.tlsKey") },
];

/** All old names, with those that have no meaning any more. */
export const FORMER_NAMES: readonly FormerName[] = [...LIVING_NAMES, ...RETIRED_NAMES];

export const FORMER_FLAGS = index(({ flags }) => flags);
export const FORMER_VALUES = index(({ values }) => values);
export const FORMER_VARIABLES = index(({ variables }) => variables);

function setting(path: SettingPath): Meaning {
  return { kind: "setting", path };
}

function partOf(part: FormerPart, of: SettingPath): Meaning {
  return { kind: "part", part, of };
}

function alias(flag: string, value: string, path: SettingPath): FormerName {
  return { flags: [flag], values: [value], becomes: setting(path) };
}

function onOff(flag: string, value: string, path: SettingPath): FormerName {
  return { ...alias(flag, value, path), onOff: true };
}

function part(flag: string, value: string, name: FormerPart, of: SettingPath): FormerName {
  return { flags: [flag], values: [value], becomes: partOf(name, of) };
}

function index(names: (former: FormerName) => readonly string[] | undefined): ReadonlyMap<string, FormerName> {
  return new Map(FORMER_NAMES.flatMap((former) => (names(former) ?? []).map((name) => [name, former] as const)));
}
