import { AGENT_DRAIN, agentDrainSeconds } from "../model/agent-drain.ts";
import type { Configuration } from "./schema.ts";
import { typeOf, valueAt } from "./setting-type.ts";
import type { SettingPath } from "./sources.ts";

/** A setting that cannot have an effect, whatever the pod, and why. */
interface Idle {
  readonly paths: readonly SettingPath[];
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
    paths: ["proxy.drainSeconds"],
    because:
      "the envoy flavor ends at once when it is told to, after the app, and keeps connections of changed listeners for ten minutes",
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
    because: "native sidecars stop after the app (proxy.mode native), and AWS's image drains gateways by itself",
    holds: ({ flavor, proxy }) => flavor === "aws" && proxy.mode === "native",
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
    paths: ["capture.initContainers"],
    because:
      "an Envoy that is an ordinary container runs after all init containers: they are always outside (proxy.mode ordinary)",
    holds: ({ proxy }) => proxy.mode === "ordinary",
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

/** A setting that was given another value than its default and does nothing, or something else, with this configuration. */
export interface SettingWithoutEffect {
  readonly path: SettingPath;
  /** `proxy.fipsEndpoint has no effect: …` */
  readonly sentence: string;
}

/**
 * The settings that do nothing with this configuration, each with the reason: every switch has an effect in both flavors,
 * or stands here. They become warnings of `loadConfiguration`.
 */
export function settingsWithoutEffect(configuration: Configuration): readonly SettingWithoutEffect[] {
  const settings = IDLE.filter((idle) => idle.holds(configuration)).flatMap(({ paths, because }) =>
    paths
      .filter((path) => valueAt(configuration, path) !== typeOf(path).default)
      .map((path) => ({ path, sentence: `${path} has no effect: ${because}` })),
  );
  return [...settings, ...drainBounds(configuration), ...imageOfOtherFlavor(configuration)];
}

function drainBounds(configuration: Configuration): readonly SettingWithoutEffect[] {
  const { drainSeconds } = configuration.proxy;
  const used = agentDrainSeconds(drainSeconds);
  if (!isAws(configuration) || used === drainSeconds) return [];
  const sentence = `proxy.drainSeconds counts as ${used}: the aws flavor's image takes ${AGENT_DRAIN.least} to ${AGENT_DRAIN.most} seconds`;
  return [{ path: "proxy.drainSeconds", sentence }];
}

/** AWS's image takes its configuration from environment variables, the upstream one from an argument. */
const AWS_IMAGE = /(^|\/)aws-appmesh-envoy([:@]|$)/;
const UPSTREAM_IMAGE = /(^|\/)envoyproxy\/envoy([:@]|$)/;

function imageOfOtherFlavor({ flavor, proxy }: Configuration): readonly SettingWithoutEffect[] {
  const path = "proxy.image";
  if (flavor === "envoy" && AWS_IMAGE.test(proxy.image)) {
    const way = "set flavor aws or leave the image out";
    return [{ path, sentence: `${path} is AWS's, which does not understand flavor envoy: ${way}` }];
  }
  if (flavor === "aws" && UPSTREAM_IMAGE.test(proxy.image)) {
    const way = "set flavor envoy or leave the image out";
    return [{ path, sentence: `${path} is the upstream one, which does not understand flavor aws: ${way}` }];
  }
  return [];
}
