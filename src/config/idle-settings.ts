import { describeOrigin, type Origin } from "./origin.ts";
import type { Configuration } from "./schema.ts";
import { typeOf, valueAt } from "./setting-type.ts";
import type { SettingPath } from "./sources.ts";

/** Settings that do nothing unless another one is set so. */
const CONDITIONS: readonly {
  readonly paths: readonly SettingPath[];
  readonly needs: string;
  met(configuration: Configuration): boolean;
}[] = [
  {
    paths: ["proxy.preStopDelaySeconds"],
    needs: "proxy.mode ordinary (native sidecars stop after the application)",
    met: ({ proxy }) => proxy.mode === "ordinary",
  },
  {
    paths: ["proxy.waitUntilReady"],
    needs: "flavor aws and proxy.mode ordinary (native sidecars start before the application)",
    met: ({ flavor, proxy }) => flavor === "aws" && proxy.mode === "ordinary",
  },
  {
    paths: ["proxy.postStartTimeoutSeconds", "proxy.postStartIntervalSeconds"],
    needs: "proxy.waitUntilReady",
    met: ({ proxy }) => proxy.waitUntilReady,
  },
  {
    paths: [
      "proxy.adminAccessLogFile",
      "proxy.adminIpv6",
      "proxy.dualStackEndpoint",
      "proxy.fipsEndpoint",
      "proxy.awsCredentialsSecret",
      "preview",
    ],
    needs: "flavor aws",
    met: ({ flavor }) => flavor === "aws",
  },
  {
    paths: ["tracing.xrayImage", "tracing.xrayLogLevel", "tracing.xrayRoleArn"],
    needs: "tracing.provider xray",
    met: ({ tracing }) => tracing.provider === "xray",
  },
  {
    paths: ["tracing.address"],
    needs: "a tracing.provider with a collector (the X-Ray daemon runs in the pod)",
    met: ({ tracing }) => tracing.provider !== "none" && tracing.provider !== "xray",
  },
  {
    paths: ["tracing.port", "tracing.samplingRate"],
    needs: "a tracing.provider",
    met: ({ tracing }) => tracing.provider !== "none",
  },
  {
    paths: ["stats.statsdAddress", "stats.statsdPort", "stats.statsdSocketPath"],
    needs: "stats.statsd",
    met: ({ stats }) => stats.statsd,
  },
  { paths: ["sds.udsPath"], needs: "sds.enabled", met: ({ sds }) => sds.enabled },
  {
    paths: ["proxy.controlPlaneAddress", "proxy.controlPlanePort"],
    needs: "proxy.controlPlane ads",
    met: ({ proxy }) => proxy.controlPlane === "ads",
  },
];

/** AWS's image takes its configuration from environment variables, the upstream one from an argument. */
const AWS_IMAGE = /(^|\/)aws-appmesh-envoy([:@]|$)/;
const UPSTREAM_IMAGE = /(^|\/)envoyproxy\/envoy([:@]|$)/;

/** Warnings about settings that were given another value than the default and have no effect, or a strange one. */
export function idleSettings(configuration: Configuration, origins: ReadonlyMap<SettingPath, Origin>): string[] {
  const warnings = CONDITIONS.filter((condition) => !condition.met(configuration)).flatMap(({ paths, needs }) =>
    paths
      .filter((path) => isChanged(configuration, path))
      .map((path) => `${where(origins, path)}: ${path} has no effect without ${needs}`),
  );
  const { flavor, proxy } = configuration;
  const image = where(origins, "proxy.image");
  if (flavor === "envoy" && AWS_IMAGE.test(proxy.image)) {
    warnings.push(
      `${image}: proxy.image is AWS's, which does not understand flavor envoy: set flavor aws or leave the image out`,
    );
  }
  if (flavor === "aws" && UPSTREAM_IMAGE.test(proxy.image)) {
    warnings.push(
      `${image}: proxy.image is the upstream one, which does not understand flavor aws: set flavor envoy or leave the image out`,
    );
  }
  return warnings;
}

function isChanged(configuration: Configuration, path: SettingPath): boolean {
  return valueAt(configuration, path) !== typeOf(path).default;
}

function where(origins: ReadonlyMap<SettingPath, Origin>, path: SettingPath): string {
  return describeOrigin(origins.get(path) ?? { source: "default" });
}
