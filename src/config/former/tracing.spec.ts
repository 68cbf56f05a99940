import { describe, expect, it } from "vitest";
import { type ConfigurationSources, loadConfiguration } from "../load.ts";

const load = (sources: Partial<ConfigurationSources>) => loadConfiguration({ environment: {}, flags: {}, ...sources });
const values = (tracing: string) => ({ file: { path: "values.yaml", text: `tracing: { ${tracing} }` } });
const CHART = "enabled: false, provider: x-ray, address: appmesh-jaeger.appmesh-system, port: 2000";

describe("tracing switches of the old programs", () => {
  it("take address and port of the tracer that is on", () => {
    const { configuration, warnings } = load({
      flags: { "enable-jaeger-tracing": "true", "jaeger-address": "jaeger.obs", "jaeger-port": "9412" },
    });
    expect(configuration.tracing).toMatchObject({ provider: "jaeger", address: "jaeger.obs", port: 9412 });
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      "datadog",
      { "enable-datadog-tracing": "1", "datadog-address": "ref:status.hostIP", "datadog-port": "8127" },
      8127,
    ],
    ["xray", { "enable-xray-tracing": "true", "xray-daemon-port": "2001" }, 2001],
  ] as const)("know %s", (provider, flags, port) => {
    expect(load({ flags }).configuration.tracing).toMatchObject({ provider, port });
  });

  it("warn of an address whose tracer is off", () => {
    const { configuration, warnings } = load({ flags: { "enable-jaeger-tracing": "false", "jaeger-address": "x" } });
    expect(configuration.tracing).toMatchObject({ provider: "none", address: "" });
    expect(warnings).toEqual(["flag --jaeger-address: no effect, because traces go to jaeger only with that provider"]);
  });

  it("refuse two tracers at once, naming both", () => {
    const flags = { "enable-jaeger-tracing": "true", "inject-xray-sidecar": "true", "enable-datadog-tracing": "false" };
    expect(() => load({ flags })).toThrow(
      /found xray \(flag --inject-xray-sidecar\) and jaeger \(flag --enable-jaeger-tracing\), expected one tracer at most/,
    );
  });

  it("refuse two tracers from two sources, as both old programs would have", () => {
    const environment = { INJECT_XRAY_SIDECAR: "true" };
    expect(() => load({ environment, flags: { "enable-jaeger-tracing": "true" } })).toThrow(/one tracer at most/);
  });

  it("refuse a tracer beside another tracing.provider of the same source", () => {
    const flags = { "enable-jaeger-tracing": "true", "tracing-provider": "otel" };
    expect(() => load({ flags })).toThrow(/tracing\.provider: found another value than at flag/);
  });

  it("override a weaker source, and off overrides only the same tracer", () => {
    const file = { path: "mesh.yaml", text: "tracing: { provider: otel }" };
    expect(load({ file, flags: { "enable-xray-tracing": "true" } }).configuration.tracing.provider).toBe("xray");
    expect(load({ file, flags: { "enable-xray-tracing": "false" } }).configuration.tracing.provider).toBe("otel");
    const xray = { path: "mesh.yaml", text: "tracing: { provider: xray }" };
    expect(load({ file: xray, flags: { "enable-xray-tracing": "false" } }).configuration.tracing.provider).toBe("none");
  });

  it("must be booleans", () => {
    expect(() => load({ flags: { "enable-xray-tracing": "enabled" } })).toThrow(
      /found "enabled", expected true or false/,
    );
    expect(() => load(values("enabled: sometimes"))).toThrow(
      /tracing\.enabled: found "sometimes", expected true or false/,
    );
  });
});

describe("tracing values of the old charts", () => {
  it("that are the chart's defaults trace nothing and warn of nothing", () => {
    const { configuration, warnings } = load(values(CHART));
    expect(configuration.tracing).toEqual(load({}).configuration.tracing);
    expect(warnings).toEqual([]);
  });

  it.each([
    ["x-ray", "xray", ["tracing.address"]],
    ["jaeger", "jaeger", ["tracing.port"]],
    ["datadog", "datadog", ["tracing.address", "tracing.port"]],
  ])("switched on for %s: what belongs to another provider is not believed", (word, provider, dropped) => {
    const { configuration, warnings } = load(values(CHART.replace("false", "true").replace("x-ray", word)));
    expect(configuration.tracing.provider).toBe(provider);
    expect(configuration.tracing.port).toBe(provider === "xray" ? 2000 : 0);
    expect(configuration.tracing.address).toBe(provider === "jaeger" ? "appmesh-jaeger.appmesh-system" : "");
    expect(warnings.map((warning) => /tracing\.\w+/.exec(warning)?.[0])).toEqual(dropped);
  });

  it("mean X-Ray without a provider", () => {
    expect(load(values("enabled: 'true'")).configuration.tracing.provider).toBe("xray");
  });

  it("keep an address and a port of one's own", () => {
    const { configuration, warnings } = load(values("enabled: true, provider: datadog, address: dd.obs, port: 8127"));
    expect(configuration.tracing).toMatchObject({ provider: "datadog", address: "dd.obs", port: 8127 });
    expect(warnings).toEqual([]);
  });

  it("without tracing.enabled are settings of ours, and believed", () => {
    const { configuration } = load(values("provider: jaeger, port: 2000"));
    expect(configuration.tracing).toMatchObject({ provider: "jaeger", port: 2000 });
  });

  it("off in the file can still be overridden by a flag", () => {
    const { configuration } = load({ ...values(CHART), flags: { "tracing-provider": "otel", "tracing-port": "4318" } });
    expect(configuration.tracing).toMatchObject({ provider: "otel", address: "", port: 4318 });
  });

  it("of an unknown provider are refused", () => {
    expect(() => load(values("enabled: true, provider: zipkin"))).toThrow(/expected one of none, xray, jaeger/);
  });
});
