import { expect, test } from "vitest";
import { type ConfigurationInput, configuration } from "./schema.ts";
import { settingsWithoutEffect } from "./without-effect.ts";

const said = (input: ConfigurationInput) => settingsWithoutEffect(configuration(input)).map(({ sentence }) => sentence);

test("nothing is said about defaults", () => {
  expect(said({})).toEqual([]);
  expect(said({ flavor: "aws" })).toEqual([]);
});

const ADMIN = "the envoy flavor talks to no AWS endpoint, and keeps its admin interface on 127.0.0.1 without a log";
const CONTROL_PLANE = "the aws flavor's image knows its control plane itself";
const NOBODY = "nobody is held back (it takes flavor aws, proxy.mode ordinary and proxy.waitUntilReady)";
const NO_OTEL = "the aws flavor's image has no OpenTelemetry tracer (tracing.provider otel)";

test.each<{ input: ConfigurationInput; expected: Readonly<Record<string, string>> }>([
  {
    input: {
      proxy: {
        adminAccessLogFile: "/other",
        adminIpv6: true,
        dualStackEndpoint: true,
        fipsEndpoint: true,
        awsCredentialsSecret: "aws",
      },
    },
    expected: {
      "proxy.adminAccessLogFile": ADMIN,
      "proxy.adminIpv6": ADMIN,
      "proxy.dualStackEndpoint": ADMIN,
      "proxy.fipsEndpoint": ADMIN,
      "proxy.awsCredentialsSecret": ADMIN,
    },
  },
  {
    input: { flavor: "aws", proxy: { adminIpv6: true, fipsEndpoint: true, awsCredentialsSecret: "aws" } },
    expected: {},
  },
  {
    input: { preview: true, region: "us-west-2" },
    expected: {
      preview: "the envoy flavor has no preview channel: only the node's metadata carries it",
      region: "the envoy flavor passes it to the X-Ray daemon only (tracing.provider xray)",
    },
  },
  { input: { region: "us-west-2", tracing: { provider: "xray" } }, expected: {} },
  { input: { flavor: "aws", preview: true, region: "us-west-2" }, expected: {} },
  {
    input: { flavor: "aws", proxy: { controlPlane: "none", controlPlaneAddress: "a", controlPlanePort: 1 } },
    expected: {
      "proxy.controlPlane": CONTROL_PLANE,
      "proxy.controlPlaneAddress": CONTROL_PLANE,
      "proxy.controlPlanePort": CONTROL_PLANE,
    },
  },
  {
    input: { proxy: { controlPlane: "none", controlPlaneAddress: "a", controlPlanePort: 1 } },
    expected: {
      "proxy.controlPlaneAddress": "proxy.controlPlane is none",
      "proxy.controlPlanePort": "proxy.controlPlane is none",
    },
  },
  { input: { proxy: { controlPlaneAddress: "a", controlPlanePort: 1 } }, expected: {} },
  {
    input: { proxy: { preStopDelaySeconds: 1, waitUntilReady: true } },
    expected: {
      "proxy.waitUntilReady": "native sidecars are ready before the app starts anyway (proxy.mode native)",
    },
  },
  {
    input: { flavor: "aws", proxy: { preStopDelaySeconds: 1 } },
    expected: {
      "proxy.preStopDelaySeconds":
        "native sidecars stop after the app (proxy.mode native), and AWS's image drains gateways by itself",
    },
  },
  {
    input: { proxy: { mode: "ordinary", preStopDelaySeconds: 1, waitUntilReady: true, startupTimeoutSeconds: 1 } },
    expected: {
      "proxy.startupTimeoutSeconds": "only native sidecars have a start-up probe (proxy.mode ordinary)",
      "proxy.waitUntilReady": "it takes the agent of the aws flavor's image; proxy.mode native does it without one",
    },
  },
  {
    input: { flavor: "aws", proxy: { mode: "ordinary", postStartTimeoutSeconds: 1, postStartIntervalSeconds: 1 } },
    expected: { "proxy.postStartTimeoutSeconds": NOBODY, "proxy.postStartIntervalSeconds": NOBODY },
  },
  {
    input: { flavor: "aws", proxy: { waitUntilReady: true, postStartTimeoutSeconds: 1 } },
    expected: {
      "proxy.waitUntilReady": "native sidecars are ready before the app starts anyway (proxy.mode native)",
      "proxy.postStartTimeoutSeconds": NOBODY,
    },
  },
  {
    input: { flavor: "aws", proxy: { mode: "ordinary", waitUntilReady: true, postStartTimeoutSeconds: 1 } },
    expected: {},
  },
  {
    input: { capture: { program: "aws", backend: "legacy" } },
    expected: { "capture.backend": "capture.program aws chooses by itself" },
  },
  { input: { capture: { backend: "legacy" } }, expected: {} },
  {
    input: { tracing: { address: "a", port: 1, samplingRate: "1", xrayImage: "i", xrayLogLevel: "dev" } },
    expected: {
      "tracing.address": "tracing.provider is none",
      "tracing.port": "tracing.provider is none",
      "tracing.samplingRate": "tracing.provider is none",
      "tracing.xrayImage": "tracing.provider is not xray",
      "tracing.xrayLogLevel": "tracing.provider is not xray",
    },
  },
  {
    input: { tracing: { provider: "xray", address: "a", port: 1, samplingRate: "1", xrayImage: "i" } },
    expected: { "tracing.address": "the X-Ray daemon runs in the pod" },
  },
  {
    input: { flavor: "aws", tracing: { provider: "otel", address: "a", port: 1, samplingRate: "1" } },
    expected: {
      "tracing.provider": NO_OTEL,
      "tracing.address": NO_OTEL,
      "tracing.port": NO_OTEL,
      "tracing.samplingRate": NO_OTEL,
    },
  },
  { input: { tracing: { provider: "otel", address: "a", port: 1, samplingRate: "1" } }, expected: {} },
  ...(["jaeger", "datadog"] as const).map((provider) => ({
    input: { flavor: "aws" as const, tracing: { provider, address: "a", port: 1, samplingRate: "1" } },
    expected: { "tracing.samplingRate": "the aws flavor's image takes a rate for X-Ray only" },
  })),
  {
    input: { stats: { statsdAddress: "a", statsdPort: 1, statsdSocketPath: "/s" } },
    expected: {
      "stats.statsdAddress": "stats.statsd is off",
      "stats.statsdPort": "stats.statsd is off",
      "stats.statsdSocketPath": "stats.statsd is off",
    },
  },
  {
    input: { stats: { statsd: true, statsdAddress: "a", statsdPort: 1, statsdSocketPath: "/s" } },
    expected: {
      "stats.statsdAddress": "stats.statsdSocketPath wins",
      "stats.statsdPort": "stats.statsdSocketPath wins",
    },
  },
  { input: { stats: { statsd: true, statsdAddress: "a", statsdPort: 1 } }, expected: {} },
  { input: { flavor: "aws", stats: { statsd: true, statsdAddress: "a", statsdSocketPath: "/s" } }, expected: {} },
  { input: { sds: { udsPath: "/other" } }, expected: { "sds.udsPath": "sds.enabled is off" } },
  { input: { sds: { enabled: true, udsPath: "/other" } }, expected: {} },
])("with $input it is said of $expected", ({ input, expected }) => {
  expect(said(input).toSorted()).toEqual(
    Object.entries(expected)
      .map(([path, because]) => `${path} has no effect: ${because}`)
      .toSorted(),
  );
});

test.each([
  { drainSeconds: 4, used: 5 },
  { drainSeconds: 111, used: 110 },
])("AWS's image drains for $used s when told $drainSeconds, and it is said", ({ drainSeconds, used }) => {
  expect(said({ flavor: "aws", proxy: { drainSeconds } })).toEqual([
    `proxy.drainSeconds counts as ${used}: the aws flavor's image takes 5 to 110 seconds`,
  ]);
  expect(said({ proxy: { drainSeconds } })).toEqual([expect.stringMatching(/^proxy.drainSeconds has no effect: /)]);
});

test.each([5, 20, 110])("AWS's image takes %i s as they are", (drainSeconds) => {
  expect(said({ flavor: "aws", proxy: { drainSeconds } })).toEqual([]);
});
