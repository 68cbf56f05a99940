import { describe, expect, it } from "vitest";
import { loadConfiguration } from "./load.ts";

const warnings = (flags: Record<string, string>) => loadConfiguration({ environment: {}, flags }).warnings;

describe("settings without effect", () => {
  it.each([
    ["proxy-wait-until-ready", "true", { "proxy-mode": "ordinary", flavor: "aws" }],
    [
      "proxy-post-start-timeout-seconds",
      "5",
      { "proxy-mode": "ordinary", flavor: "aws", "proxy-wait-until-ready": "true" },
    ],
    ["proxy-admin-ipv6", "true", { flavor: "aws" }],
    ["tracing-address", "collector", { "tracing-provider": "otel" }],
    ["proxy-fips-endpoint", "true", { flavor: "aws" }],
    ["proxy-aws-credentials-secret", "aws", { flavor: "aws" }],
    ["tracing-xray-image", "x", { "tracing-provider": "xray" }],
    ["tracing-sampling-rate", "1", { "tracing-provider": "otel" }],
    ["stats-statsd-port", "8127", { "stats-statsd": "true" }],
    ["sds-uds-path", "/run/x", { "sds-enabled": "true" }],
  ])("--%s %s is warned of, unless what it needs is there", (flag, value, needed) => {
    expect(warnings({ [flag]: value })).toEqual([expect.stringContaining(`flag --${flag}: `)]);
    expect(warnings({ [flag]: value, ...needed })).toEqual([]);
  });

  it("are not warned of when they are given their default", () => {
    expect(warnings({ "prestop-delay": "20", "statsd-port": "8125", "xray-sampling-rate": "0.05" })).toEqual([]);
  });

  it.each([
    ["840364872350.dkr.ecr.us-west-2.amazonaws.com/aws-appmesh-envoy:v1.34.13.3-prod", "envoy"],
    ["public.ecr.aws/appmesh/aws-appmesh-envoy@sha256:abc", "envoy"],
    ["docker.io/envoyproxy/envoy:distroless-v1.40.0", "aws"],
  ])("an image %s is warned of with flavor %s", (image, flavor) => {
    expect(warnings({ "proxy-image": image, flavor })).toEqual([
      expect.stringContaining(`does not understand flavor ${flavor}`),
    ]);
    expect(warnings({ "proxy-image": image, flavor: flavor === "aws" ? "envoy" : "aws" })).toEqual([]);
  });

  it("an image of one's own name is not judged", () => {
    expect(warnings({ "proxy-image": "mirror/my-envoy:1" })).toEqual([]);
  });
});
