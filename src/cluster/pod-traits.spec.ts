import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PLAIN_SPEC } from "../../test/envoy/plain-spec.ts";
import { podWithBootstrap } from "../../test/pod-with-bootstrap.ts";
import type { BootstrapSpec } from "../bootstrap/spec.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { PLAIN_TRAITS } from "../model/proxy-traits.ts";
import { podTraits } from "./pod-traits.ts";

const INPUTS = join(import.meta.dirname, "..", "bootstrap", "testdata", "in");
const DAEMON = { address: "127.0.0.1", port_value: 2000 };
const PLAIN = {
  ipv6: false,
  directions: "separate",
  tracing: { kind: "none" },
  appAddress: "loopback",
  leaving: false,
  sdsSocket: false,
};

describe("the traits of a pod are those of its bootstrap", () => {
  test("families", () => {
    expect(podTraits(podWithBootstrap(PLAIN_SPEC))).toEqual(PLAIN);
    expect(podTraits(podWithBootstrap({ ...PLAIN_SPEC, ipv6: true }))).toEqual({ ...PLAIN, ipv6: true });
  });

  test.each([
    ["pod", "pod"],
    ["loopback", "loopback"],
    ["Pod", "loopback"],
    ["10.0.0.1", "loopback"],
    [undefined, "loopback"],
  ])("the app's address by the annotation %s", (value, appAddress) => {
    const annotations = { "outrigger.dev/app-address": value } as JsonObject;
    const annotated = { ...podWithBootstrap({ ...PLAIN_SPEC, ipv6: true }), metadata: { annotations } };
    expect(podTraits(annotated)).toEqual({ ...PLAIN, ipv6: true, appAddress });
    expect(podTraits(annotated)).toBe(podTraits(annotated));
    expect(podTraits({ metadata: { annotations } })).toEqual({ ...PLAIN_TRAITS, appAddress });
  });

  test.each([
    ["jaeger", { kind: "zipkin", percent: 7, host: "jaeger.tracing.svc:9411" }],
    ["datadog", { kind: "datadog", percent: 100, host: undefined }],
    ["otel", { kind: "opentelemetry", percent: 0, host: "otel-collector.observability:4317" }],
    ["xray", { kind: "xray", port: 2000, rate: 0.05 }],
    ["xray-by-name", { kind: "xray", port: 15_001, rate: 1 }],
  ])("tracing with %s", (name, tracing) => {
    expect(podTraits(podWithBootstrap(golden(`tracing-${name}.json`))).tracing).toEqual(tracing);
  });

  test.each(readdirSync(INPUTS))("every bootstrap of ours can be read: %s", (file) => {
    expect(podTraits(podWithBootstrap(golden(file))).tracing.kind).not.toBe("unreadable");
  });

  test("whether the container is an init container or not, and where among others", () => {
    const [envoy] = (podWithBootstrap({ ...PLAIN_SPEC, ipv6: true })["spec"] as { containers: Json[] }).containers;
    const spec = { containers: [{ name: "app" }], initContainers: [{ name: "proxyinit" }, envoy as Json] };
    expect(podTraits({ spec }).ipv6).toBe(true);
  });

  test("a release that does not say gets what it got", () => {
    expect(podTraits(withMetadata({ release: "0.1.0", ipv6: true }))).toEqual({ ...PLAIN_TRAITS, ipv6: true });
  });

  test("pods that want the same share one object", () => {
    expect(podTraits(podWithBootstrap(golden("tracing-otel.json")))).toBe(
      podTraits(podWithBootstrap(golden("tracing-otel.json"))),
    );
  });
});

describe("what cannot be read counts as not said:", () => {
  const long = "x".repeat(131_073);
  test.each<[string, JsonObject]>([
    ["no container envoy", { spec: { containers: [{ name: "app", args: ["--config-yaml", "{}"] }] } }],
    ["no arguments", { spec: { containers: [{ name: "envoy" }] } }],
    ["no bootstrap", withArguments(["-c", "/etc/envoy.yaml"])],
    ["nothing behind the flag", withArguments(["--config-yaml"])],
    ["YAML", withArguments(["--config-yaml", "node: {id: one}"])],
    ["arguments that are no texts", withArguments([1, "--config-yaml", { node: {} }])],
    ["an argument that no program can be started with", withMetadata({ ipv6: true, long })],
    ["metadata that are no object", withMetadata("ipv6")],
    ["no spec", {}],
  ])("%s", (_, pod) => {
    expect(podTraits(pod)).toEqual(PLAIN_TRAITS);
  });
});

describe("tracing of others is none that is served:", () => {
  const zipkin = settings("ZipkinConfig", { collector_hostname: "zipkin:9411" });
  test("the example is one that is", () => {
    expect(tracingOf(zipkin)).toEqual({ kind: "zipkin", percent: 5, host: "zipkin:9411" });
  });

  test.each<[string, Json]>([
    ["a text", "zipkin"],
    ["nothing inside", {}],
    ["another provider", settings("SkyWalkingConfig", {})],
    ["no share", { ...zipkin, random_sampling: {} }],
    ["a share that is none", { ...zipkin, random_sampling: { value: 101 } }],
    ["a share that is no number", { ...zipkin, random_sampling: { value: "5" } }],
    ["a host that is no text", settings("ZipkinConfig", { collector_hostname: {} })],
    ["a host without a port", settings("DatadogConfig", { collector_hostname: "datadog" })],
    ["a host with odd characters", settings("DatadogConfig", { collector_hostname: "data\r\ndog:1" })],
    ["a long host", settings("ZipkinConfig", { collector_hostname: `${"a".repeat(255)}:9411` })],
    ["a long host of many labels", settings("ZipkinConfig", { collector_hostname: `${"a.".repeat(130)}a:9411` })],
    ["an address elsewhere", xray({ address: "10.0.0.1", port_value: 2000 })],
    ["no port", xray({ address: "127.0.0.1" })],
    ["half a port", xray({ address: "127.0.0.1", port_value: 2000.5 })],
    ["a rate above 1", xray(DAEMON, JSON.stringify({ default: { rate: 2 } }))],
    ["rules that are no JSON", xray(DAEMON, "default")],
    ["long rules", xray(DAEMON, JSON.stringify({ default: { rate: 1 }, rules: Array(200).fill(1) }))],
  ])("%s", (_, tracing) => {
    expect(tracingOf(tracing)).toEqual({ kind: "unreadable" });
  });
});

function xray(daemon: JsonObject, rules = JSON.stringify({ default: { rate: 1 } })): JsonObject {
  return settings("XRayConfig", { daemon_endpoint: daemon, sampling_rule_manifest: { inline_string: rules } });
}

function settings(type: string, fields: JsonObject): JsonObject {
  const config = { "@type": `type.googleapis.com/envoy.config.trace.v3.${type}`, ...fields };
  return { random_sampling: { value: 5 }, provider: { name: "any", typed_config: config } };
}

function tracingOf(tracing: Json): unknown {
  return podTraits(withMetadata({ tracing })).tracing;
}

function withMetadata(outrigger: Json): JsonObject {
  return withArguments(["--config-yaml", JSON.stringify({ node: { metadata: { outrigger } } })]);
}

function withArguments(args: Json): JsonObject {
  return { spec: { containers: [{ name: "app" }, { name: "envoy", args }] } };
}

function golden(file: string): BootstrapSpec {
  const spec = JSON.parse(readFileSync(join(INPUTS, file), "utf8")) as object;
  return { statsd: undefined, sdsSocket: undefined, ...spec } as BootstrapSpec;
}
