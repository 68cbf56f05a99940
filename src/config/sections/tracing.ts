import { z } from "zod";
import { image, optionalHostOrReference, samplingRate, text } from "../forms.ts";
import { group, setting } from "../setting.ts";

/** Where traces go. */
export const tracing = group({
  provider: setting(z.enum(["none", "xray", "jaeger", "datadog", "otel"]).default("none"), "where traces go"),
  address: setting(
    optionalHostOrReference.default(""),
    "host name, IP address or ref:status.hostIP of the collector; empty: the provider's default",
  ),
  port: setting(
    z.int().min(0).max(65535).default(0),
    "port of the collector; 0: xray 2000, jaeger 9411, datadog 8126, otel 4317",
  ),
  samplingRate: setting(samplingRate.default("0.05"), "share of requests that are traced, from 0 to 1"),
  xrayImage: setting(image.default("public.ecr.aws/xray/aws-xray-daemon"), "image of the X-Ray daemon"),
  xrayLogLevel: setting(
    z.enum(["prod", "dev", "debug", "info", "warn", "error"]).default("prod"),
    "log level of the X-Ray daemon",
  ),
  xrayRoleArn: setting(
    text("the ARN of an IAM role, or nothing", /^(arn:[a-z0-9-]+:iam::[0-9]{12}:role\/[\w+=,.@/-]+)?$/, 2048).default(
      "",
    ),
    "IAM role that the X-Ray daemon assumes; empty: none",
  ),
});
