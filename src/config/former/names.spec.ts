import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../configuration-error.ts";
import { type ConfigurationSources, loadConfiguration } from "../load.ts";
import { valueAt } from "../setting-type.ts";
import type { SettingPath } from "../sources.ts";
import { FORMER_FLAGS, FORMER_NAMES, FORMER_VALUES, FORMER_VARIABLES } from "./names.ts";

type Expected = readonly [name: string, value: string, path: SettingPath, result: unknown];

/** All flags of the injector of 2019 that its documentation and source list. */
const INJECTOR_FLAGS =
  "kubeconfig master mesh-name region log-level preview ecr-secret port enable-tls tlscert tlskey sidecar-image " +
  "sidecar-cpu-requests sidecar-memory-requests init-image ignored-ips enable-jaeger-tracing jaeger-address " +
  "jaeger-port enable-datadog-tracing datadog-address datadog-port inject-xray-sidecar enable-stats-tags " +
  "enable-statsd inject-statsd-exporter-sidecar inject-default enable-iam-for-service-accounts v logtostderr";

/** All flags of the controller that have to do with injection, and the others that its chart passes. */
const CONTROLLER_FLAGS =
  "enable-iam-for-service-accounts enable-ecr-secret enable-sds sds-uds-path sidecar-image-repository " +
  "sidecar-image-tag sidecar-cpu-requests sidecar-memory-requests sidecar-cpu-limits sidecar-memory-limits preview " +
  "sidecar-log-level envoy-admin-access-port envoy-admin-access-log-file envoy-admin-access-enable-ipv6 " +
  "dual-stack-endpoint fips-endpoint prestop-delay poststart-timeout poststart-interval wait-until-proxy-ready " +
  "readiness-probe-initial-delay readiness-probe-period init-image ignored-ips enable-jaeger-tracing jaeger-address " +
  "jaeger-port enable-datadog-tracing datadog-address datadog-port enable-xray-tracing xray-daemon-port " +
  "xray-sampling-rate xray-log-level xray-config-roleArn xray-image enable-stats-tags enable-statsd statsd-address " +
  "statsd-port statsd-socket-path envoy-aws-access-key-id envoy-aws-secret-access-key envoy-aws-session-token " +
  "cluster-name enable-backend-groups tls-min-version tls-cipher-suite aws-region aws-account-id " +
  "use-aws-fips-endpoint use-aws-dual-stack-endpoint aws-api-throttle log-level sync-period metrics-addr " +
  "enable-leader-election enable-custom-health-check page-limit health-probe-port cloudmap-dns-ttl";

const ROLE = "arn:aws:iam::111122223333:role/xray";

const FLAGS: readonly Expected[] = [
  ["aws-region", "eu-west-1", "region", "eu-west-1"],
  ["aws-account-id", "1.11122223333e+11", "accountId", "111122223333"],
  ["sidecar-image", "mirror/envoy@sha256:abc", "proxy.image", "mirror/envoy@sha256:abc"],
  ["sidecar-image-repository", "mirror/envoy", "proxy.image", "mirror/envoy:v1.34.13.3-prod"],
  ["sidecar-image-tag", "v2", "proxy.image", "public.ecr.aws/appmesh/aws-appmesh-envoy:v2"],
  ["sidecar-log-level", "debug", "proxy.logLevel", "debug"],
  ["sidecar-cpu-requests", "20m", "proxy.requests.cpu", "20m"],
  ["sidecar-memory-requests", "", "proxy.requests.memory", ""],
  ["sidecar-cpu-limits", "1", "proxy.limits.cpu", "1"],
  ["sidecar-memory-limits", "64Mi", "proxy.limits.memory", "64Mi"],
  ["envoy-admin-access-port", "9902", "proxy.adminPort", 9902],
  ["envoy-admin-access-log-file", "/tmp/a.log", "proxy.adminAccessLogFile", "/tmp/a.log"],
  ["envoy-admin-access-enable-ipv6", "true", "proxy.adminIpv6", true],
  ["dual-stack-endpoint", "true", "proxy.dualStackEndpoint", true],
  ["fips-endpoint", "true", "proxy.fipsEndpoint", true],
  ["wait-until-proxy-ready", "true", "proxy.waitUntilReady", true],
  ["prestop-delay", "30", "proxy.preStopDelaySeconds", 30],
  ["poststart-timeout", "60", "proxy.postStartTimeoutSeconds", 60],
  ["poststart-interval", "2", "proxy.postStartIntervalSeconds", 2],
  ["readiness-probe-initial-delay", "3", "proxy.readinessInitialDelaySeconds", 3],
  ["readiness-probe-period", "4", "proxy.readinessPeriodSeconds", 4],
  ["enable-iam-for-service-accounts", "true", "proxy.fsGroup", 1337],
  ["enable-ecr-secret", "true", "proxy.pullSecret", "appmesh-ecr-secret"],
  ["ecr-secret", "1", "proxy.pullSecret", "appmesh-ecr-secret"],
  ["init-image", "mirror/init:1", "capture.image", "mirror/init:1"],
  ["ignored-ips", "169.254.169.254,10.0.0.0/8", "capture.ignoredIps", ["169.254.169.254", "10.0.0.0/8"]],
  ["enable-xray-tracing", "true", "tracing.provider", "xray"],
  ["inject-xray-sidecar", "true", "tracing.provider", "xray"],
  ["enable-jaeger-tracing", "true", "tracing.provider", "jaeger"],
  ["enable-datadog-tracing", "true", "tracing.provider", "datadog"],
  ["xray-sampling-rate", "0.01", "tracing.samplingRate", "0.01"],
  ["xray-log-level", "debug", "tracing.xrayLogLevel", "debug"],
  ["xray-config-roleArn", ROLE, "tracing.xrayRoleArn", ROLE],
  ["xray-image", "mirror/xray:1", "tracing.xrayImage", "mirror/xray:1"],
  ["enable-stats-tags", "true", "stats.tags", true],
  ["enable-statsd", "true", "stats.statsd", true],
  ["statsd-address", "ref:status.hostIP", "stats.statsdAddress", "ref:status.hostIP"],
  ["statsd-port", "8126", "stats.statsdPort", 8126],
  ["statsd-socket-path", "/run/dogstatsd.sock", "stats.statsdSocketPath", "/run/dogstatsd.sock"],
  ["enable-sds", "true", "sds.enabled", true],
  ["port", "8080", "webhook.listen", "0.0.0.0:8080"],
];

const VALUES: readonly Expected[] = [
  ["mesh.name", "global", "meshName", "global"],
  ["sidecar.image", "mirror/envoy:1", "proxy.image", "mirror/envoy:1"],
  ["sidecar.image.repository", "mirror/envoy", "proxy.image", "mirror/envoy:v1.34.13.3-prod"],
  ["sidecar.image.tag", "1.20", "proxy.image", "public.ecr.aws/appmesh/aws-appmesh-envoy:1.20"],
  ["sidecar.logLevel", "warn", "proxy.logLevel", "warn"],
  ["sidecar.resources.requests.cpu", "1", "proxy.requests.cpu", "1"],
  ["sidecar.resources.requests.memory", "48Mi", "proxy.requests.memory", "48Mi"],
  ["sidecar.resources.limits.cpu", "0.5", "proxy.limits.cpu", "0.5"],
  ["sidecar.resources.limits.memory", "1Gi", "proxy.limits.memory", "1Gi"],
  ["sidecar.envoyAdminAccessPort", "9902", "proxy.adminPort", 9902],
  ["sidecar.envoyAdminAccessLogFile", '""', "proxy.adminAccessLogFile", ""],
  ["sidecar.envoyAdminAccessEnableIPv6", "true", "proxy.adminIpv6", true],
  ["sidecar.useDualStackEndpoint", '"true"', "proxy.dualStackEndpoint", true],
  ["sidecar.useFipsEndpoint", "true", "proxy.fipsEndpoint", true],
  ["sidecar.waitUntilProxyReady", "true", "proxy.waitUntilReady", true],
  ["sidecar.lifecycleHooks.preStopDelay", '"25"', "proxy.preStopDelaySeconds", 25],
  ["sidecar.lifecycleHooks.postStartTimeout", "60", "proxy.postStartTimeoutSeconds", 60],
  ["sidecar.lifecycleHooks.postStartInterval", "2", "proxy.postStartIntervalSeconds", 2],
  ["sidecar.probes.readinessProbeInitialDelay", "3", "proxy.readinessInitialDelaySeconds", 3],
  ["sidecar.probes.readinessProbePeriod", "4", "proxy.readinessPeriodSeconds", 4],
  ["init.image", "mirror/init:1", "capture.image", "mirror/init:1"],
  ["init.image.repository", "mirror/init", "capture.image", "mirror/init:v7-prod"],
  ["init.image.tag", "v3-prod", "capture.image", expect.stringMatching(/aws-appmesh-proxy-route-manager:v3-prod$/)],
  ["tracing.enabled", "true", "tracing.provider", "xray"],
  ["tracing.logLevel", "debug", "tracing.xrayLogLevel", "debug"],
  ["tracing.role", ROLE, "tracing.xrayRoleArn", ROLE],
  ["xray.image", "mirror/xray", "tracing.xrayImage", "mirror/xray"],
  ["xray.image.repository", "mirror/xray", "tracing.xrayImage", "mirror/xray:latest"],
  ["xray.image.tag", "3.x", "tracing.xrayImage", "public.ecr.aws/xray/aws-xray-daemon:3.x"],
  ["stats.tagsEnabled", "true", "stats.tags", true],
  ["stats.statsdEnabled", "true", "stats.statsd", true],
];

const VARIABLES: readonly Expected[] = [
  ["MESH_NAME", "demo", "meshName", "demo"],
  ["APPMESH_NAME", "demo", "meshName", "demo"],
  ["APPMESH_REGION", "eu-west-1", "region", "eu-west-1"],
  ["MESH_REGION", "eu-west-1", "region", "eu-west-1"],
  ["AWS_REGION", "eu-west-1", "region", "eu-west-1"],
  ["AWS_DEFAULT_REGION", "eu-west-1", "region", "eu-west-1"],
  ["APPMESH_LOG_LEVEL", "debug", "proxy.logLevel", "debug"],
  ["ENVOY_LOG_LEVEL", "debug", "proxy.logLevel", "debug"],
  ["SIDECAR_IMAGE", "mirror/envoy:1", "proxy.image", "mirror/envoy:1"],
  ["INIT_IMAGE", "mirror/init:1", "capture.image", "mirror/init:1"],
  ["SIDECAR_CPU_REQUESTS", "100m", "proxy.requests.cpu", "100m"],
  ["SIDECAR_MEMORY_REQUESTS", "128Mi", "proxy.requests.memory", "128Mi"],
  ["INJECT_XRAY_SIDECAR", "true", "tracing.provider", "xray"],
  ["ENABLE_STATS_TAGS", "true", "stats.tags", true],
  ["ENABLE_STATSD", "true", "stats.statsd", true],
];

describe("names of the old programs", () => {
  it.each(FLAGS)("flag --%s=%s sets %s", (flag, value, path, result) => {
    const { configuration, origins } = load({ flags: { [flag]: value } });
    expect(valueAt(configuration, path)).toEqual(result);
    expect(origins.get(path)).toEqual({ source: "flag", flag });
  });

  it.each(VALUES)("Helm value %s: %s sets %s", (name, value, path, result) => {
    const { configuration, origins } = load({ file: { path: "values.yaml", text: helmValue(name, value) } });
    expect(valueAt(configuration, path)).toEqual(result);
    expect(origins.get(path)).toMatchObject({ source: "file", line: name.split(".").length });
  });

  it.each(VARIABLES)("variable %s=%s sets %s", (variable, value, path, result) => {
    const { configuration, origins } = load({ environment: { [variable]: value } });
    expect(valueAt(configuration, path)).toEqual(result);
    expect(origins.get(path)).toEqual({ source: "environment", variable });
  });

  it("are all tried above, in every source", () => {
    const tried = (cases: readonly Expected[]) => new Set(cases.map(([name]) => name));
    const living = FORMER_NAMES.filter(({ becomes }) => becomes.kind === "setting" || becomes.kind === "part");
    const conditional = ["jaeger-address", "jaeger-port", "datadog-address", "datadog-port", "xray-daemon-port"];
    const certificates = ["tlscert", "tlskey"];
    const flags = living.flatMap((former) => former.flags ?? []);
    expect(new Set(flags)).toEqual(new Set([...tried(FLAGS), ...conditional, ...certificates]));
    expect(new Set(living.flatMap(({ values }) => values ?? []))).toEqual(tried(VALUES));
    expect(new Set(living.flatMap(({ variables }) => variables ?? []))).toEqual(tried(VARIABLES));
  });

  it("of a certificate belong together", () => {
    const { configuration } = load({ flags: { tlscert: "/a.pem", tlskey: "/b.pem" } });
    expect(configuration.webhook).toMatchObject({ tlsCert: "/a.pem", tlsKey: "/b.pem" });
  });

  it.each([...new Set(`${INJECTOR_FLAGS} ${CONTROLLER_FLAGS}`.split(" "))])("accept or explain --%s", (flag) => {
    try {
      load({ flags: { [flag]: "1" } });
    } catch (error) {
      expect((error as ConfigurationError).problems).not.toContainEqual(
        expect.objectContaining({ expected: "a known flag" }),
      );
    }
  });
});

describe("retired names", () => {
  const credentials = ["envoy-aws-access-key-id", "envoy-aws-secret-access-key", "envoy-aws-session-token"];
  it.each(credentials)("--%s is refused with the way out, without its value", (flag) => {
    const error = failure({ flags: { [flag]: "hunter2" } });
    expect(error.message).toContain("proxy.awsCredentialsSecret");
    expect(error.message).not.toContain("hunter2");
  });

  it("credentials in Helm values are refused, unless they are empty as in the chart", () => {
    const file = (value: string) => ({
      path: "values.yaml",
      text: `sidecar: { envoyAwsAccessKeyId: "", envoyAwsSecretAccessKey: "${value}" }`,
    });
    expect(failure({ file: file("hunter2") }).message).not.toContain("hunter2");
    expect(load({ file: file("") }).warnings).toEqual([]);
  });

  it("--master and plain HTTP are refused, saying what to do", () => {
    expect(failure({ flags: { master: "https://10.0.0.1" } }).message).toContain("--kubeconfig");
    expect(failure({ flags: { "enable-tls": "false" } }).message).toContain("HTTPS only");
    expect(load({ flags: { "enable-tls": "true", master: "" } }).warnings).toEqual([]);
  });

  it("without effect give one warning for each reason, and none when they switch nothing on", () => {
    const text =
      "replicaCount: 2\nnodeSelector: {}\ntolerations: []\nresources: { limits: { cpu: 1 } }\nnameOverride: ''\n";
    const { warnings } = load({
      file: { path: "values.yaml", text },
      flags: { "sync-period": "10h", "enable-leader-election": "false" },
    });
    expect(warnings).toEqual([
      "values.yaml:1:15: replicaCount, values.yaml:4:12: resources: no effect, because only the deployment of the old program went by it",
      "flag --sync-period: no effect, because it belonged to the controller's own work, which the injector does not do",
    ]);
  });
});

describe("the tables of names", () => {
  it("name nothing twice and take no name that a setting has", () => {
    const count = (key: "flags" | "values" | "variables") => FORMER_NAMES.flatMap((former) => former[key] ?? []).length;
    expect([FORMER_FLAGS.size, FORMER_VALUES.size, FORMER_VARIABLES.size]).toEqual([
      count("flags"),
      count("values"),
      count("variables"),
    ]);
  });
});

function load(sources: Partial<ConfigurationSources>) {
  return loadConfiguration({ environment: {}, flags: {}, ...sources });
}

function failure(sources: Partial<ConfigurationSources>): ConfigurationError {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("expected a ConfigurationError");
}

function helmValue(name: string, value: string): string {
  const keys = name.split(".");
  return keys
    .map((key, depth) => `${"  ".repeat(depth)}${key}:${depth === keys.length - 1 ? ` ${value}` : ""}`)
    .join("\n");
}
