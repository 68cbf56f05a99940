import { type Configuration, configuration as defaults } from "../config/schema.ts";
import { AGENT_DRAIN, agentDrainSeconds } from "./plan/aws-container.ts";

/** A setting that cannot have an effect, whatever the pod, and why. */
interface Idle {
  readonly paths: readonly string[];
  readonly because: string;
  holds(configuration: Configuration): boolean;
}

const isEnvoy = ({ flavor }: Configuration) => flavor === "envoy";
const isAws = ({ flavor }: Configuration) => flavor === "aws";
const traces = ({ tracing }: Configuration, ...providers: readonly Configuration["tracing"]["provider"][]) =>
  providers.includes(tracing.provider);

const IDLE: readonly Idle[] = [
  {
    paths: [
      "proxy.adminAccessLogFile",
      "proxy.adminIpv6",
      "proxy.dualStackEndpoint",
      "proxy.fipsEndpoint",
      "proxy.awsCredentialsSecret",
    ],
    because: "the envoy flavor talks to no AWS endpoint, and keeps its admin interface on 127.0.0.1 without a log",
    holds: isEnvoy,
  },
  {
    paths: ["preview"],
    because: "the envoy flavor has no preview channel: only the node's metadata carries it",
    holds: isEnvoy,
  },
  {
    paths: ["region"],
    because: "the envoy flavor passes it to the X-Ray daemon only (tracing.provider xray)",
    holds: (configuration) => isEnvoy(configuration) && !traces(configuration, "xray"),
  },
  {
    paths: ["proxy.controlPlane", "proxy.controlPlaneAddress", "proxy.controlPlanePort"],
    because: "the aws flavor's image knows its control plane itself",
    holds: isAws,
  },
  {
    paths: ["proxy.controlPlaneAddress", "proxy.controlPlanePort"],
    because: "proxy.controlPlane is none",
    holds: ({ flavor, proxy }) => flavor === "envoy" && proxy.controlPlane === "none",
  },
  {
    paths: ["proxy.preStopDelaySeconds"],
    because: "native sidecars stop after the app (proxy.mode native)",
    holds: ({ proxy }) => proxy.mode === "native",
  },
  {
    paths: ["proxy.startupTimeoutSeconds"],
    because: "only native sidecars have a start-up probe (proxy.mode ordinary)",
    holds: ({ proxy }) => proxy.mode === "ordinary",
  },
  {
    paths: ["proxy.waitUntilReady"],
    because: "native sidecars are ready before the app starts anyway (proxy.mode native)",
    holds: ({ proxy }) => proxy.mode === "native",
  },
  {
    paths: ["proxy.waitUntilReady"],
    because: "it takes the agent of the aws flavor's image; proxy.mode native does it without one",
    holds: ({ flavor, proxy }) => flavor === "envoy" && proxy.mode === "ordinary",
  },
  {
    paths: ["proxy.postStartTimeoutSeconds", "proxy.postStartIntervalSeconds"],
    because: "nobody is held back (it takes flavor aws, proxy.mode ordinary and proxy.waitUntilReady)",
    holds: ({ flavor, proxy }) => !(flavor === "aws" && proxy.mode === "ordinary" && proxy.waitUntilReady),
  },
  {
    paths: ["capture.backend"],
    because: "capture.program aws chooses by itself",
    holds: ({ capture }) => capture.program === "aws",
  },
  {
    paths: ["tracing.address", "tracing.port", "tracing.samplingRate"],
    because: "tracing.provider is none",
    holds: (configuration) => traces(configuration, "none"),
  },
  {
    paths: ["tracing.provider", "tracing.address", "tracing.port", "tracing.samplingRate"],
    because: "the aws flavor's image has no OpenTelemetry tracer (tracing.provider otel)",
    holds: (configuration) => isAws(configuration) && traces(configuration, "otel"),
  },
  {
    paths: ["tracing.samplingRate"],
    because: "the aws flavor's image takes a rate for X-Ray only",
    holds: (configuration) => isAws(configuration) && traces(configuration, "jaeger", "datadog"),
  },
  {
    paths: ["tracing.address"],
    because: "the X-Ray daemon runs in the pod",
    holds: (configuration) => traces(configuration, "xray"),
  },
  {
    paths: ["tracing.xrayImage", "tracing.xrayLogLevel", "tracing.xrayRoleArn"],
    because: "tracing.provider is not xray",
    holds: (configuration) => !traces(configuration, "xray"),
  },
  {
    paths: ["stats.statsdAddress", "stats.statsdPort", "stats.statsdSocketPath"],
    because: "stats.statsd is off",
    holds: ({ stats }) => !stats.statsd,
  },
  {
    paths: ["stats.statsdAddress", "stats.statsdPort"],
    because: "stats.statsdSocketPath wins",
    holds: ({ flavor, stats }) => flavor === "envoy" && stats.statsd && stats.statsdSocketPath.trim() !== "",
  },
  { paths: ["sds.udsPath"], because: "sds.enabled is off", holds: ({ sds }) => !sds.enabled },
];

/**
 * The settings that were given another value than the default and do nothing with this configuration, each as a sentence
 * with the reason: every switch has an effect in both flavors, or stands here. To be printed once, at the start.
 */
export function settingsWithoutEffect(configuration: Configuration): readonly string[] {
  const usual = defaults();
  const sentences = IDLE.filter((idle) => idle.holds(configuration)).flatMap(({ paths, because }) =>
    paths
      .filter((path) => valueAt(configuration, path) !== valueAt(usual, path))
      .map((path) => `${path} has no effect: ${because}`),
  );
  return [...sentences, ...drainBounds(configuration)];
}

function drainBounds(configuration: Configuration): readonly string[] {
  const { drainSeconds } = configuration.proxy;
  const used = agentDrainSeconds(drainSeconds);
  if (!isAws(configuration) || used === drainSeconds) return [];
  return [
    `proxy.drainSeconds counts as ${used}: the aws flavor's image takes ${AGENT_DRAIN.least} to ${AGENT_DRAIN.most} seconds`,
  ];
}

function valueAt(configuration: Configuration, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], configuration);
}
