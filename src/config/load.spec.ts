import { describe, expect, it } from "vitest";
import { ConfigurationError } from "./configuration-error.ts";
import { type ConfigurationSources, loadConfiguration } from "./load.ts";
import { configuration } from "./schema.ts";
import { SETTINGS } from "./sources.ts";

const load = (sources: Partial<ConfigurationSources>) => loadConfiguration({ environment: {}, flags: {}, ...sources });
const file = (text: string) => ({ path: "mesh.yaml", text });

const failure = (sources: Partial<ConfigurationSources>): ConfigurationError => {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("expected a ConfigurationError");
};

describe("loadConfiguration", () => {
  it("gives the defaults, and says so of every setting, when there is nothing else", () => {
    const { configuration: effective, origins, warnings } = load({});
    expect(effective).toEqual(configuration());
    expect([...origins]).toEqual(SETTINGS.map(({ path }) => [path, { source: "default" }]));
    expect(warnings).toEqual([]);
  });

  it("lets flags win over the environment, and that over the file, setting by setting", () => {
    const { configuration: effective, origins } = load({
      file: file("meshName: a\nregion: a\nproxy: { uid: 1, logLevel: debug }"),
      environment: { MESH_NAME: "b", OUTRIGGER_REGION: "b" },
      flags: { "mesh-name": "c" },
    });
    expect([effective.meshName, effective.region, effective.proxy.uid]).toEqual(["c", "b", 1]);
    expect(effective.proxy.logLevel).toBe("debug");
    expect(origins.get("meshName")).toEqual({ source: "flag", flag: "mesh-name" });
    expect(origins.get("region")).toEqual({ source: "environment", variable: "OUTRIGGER_REGION" });
    expect(origins.get("proxy.uid")).toEqual({ source: "file", file: "mesh.yaml", line: 3, column: 15 });
  });

  it("replaces a list as a whole", () => {
    const { configuration: effective } = load({
      file: file("capture: { ignoredPorts: [25, 26] }"),
      flags: { "capture-ignored-ports": "27" },
    });
    expect(effective.capture.ignoredPorts).toEqual([27]);
  });

  it("lists all problems of all sources at once, also of values that are overridden", () => {
    const error = failure({
      file: file("meshname: a\nproxy: { logLevel: loud }\ncapture: { ignoredPorts: [0] }"),
      environment: { OUTRIGGER_PROXY_UID: "root" },
      flags: { "proxy-log-level": "debug", flavor: "gold", nonsense: "1" },
    });
    expect(error.code).toBe("invalid");
    expect(error.message.split("\n")).toEqual([
      "the configuration has 6 problems:",
      "  mesh.yaml:1:1: meshname: expected a known setting (did you mean meshName?)",
      "  flag --nonsense: expected a known flag",
      '  mesh.yaml:2:20: proxy.logLevel: found "loud", expected one of trace, debug, info, warn, warning, error, critical, off',
      '  mesh.yaml:3:26: capture.ignoredPorts: found "0", expected a list, each a whole number from 1 to 65535',
      '  environment OUTRIGGER_PROXY_UID: proxy.uid: found "root", expected a whole number from 1 to 2147483647',
      '  flag --flavor: flavor: found "gold", expected one of envoy, aws',
    ]);
  });

  it("refuses two names of one setting that disagree within the file or the command line", () => {
    const text = "proxy: { logLevel: debug }\nsidecar: { logLevel: warn }";
    expect(failure({ file: file(text) }).message).toContain(
      "mesh.yaml:2:22: proxy.logLevel: found another value than at mesh.yaml:1:20, expected one value",
    );
    expect(failure({ flags: { "proxy-log-level": "debug", "sidecar-log-level": "warn" } }).problems).toHaveLength(1);
  });

  it("accepts two names that agree, and several variables, of which the documented one wins", () => {
    expect(
      load({ flags: { "proxy-log-level": "debug", "sidecar-log-level": "debug" } }).configuration.proxy.logLevel,
    ).toBe("debug");
    expect(load({ environment: { AWS_REGION: "a", APPMESH_REGION: "b" } }).configuration.region).toBe("b");
  });

  it("shows no value that looks secret", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA";
    expect(failure({ flags: { "tls-key": key } }).message).not.toContain("MC4C");
  });

  it("understands values of the right type in flags, for callers that have no command line", () => {
    const { configuration: effective } = load({
      flags: { preview: true, "proxy-uid": 7, "excluded-namespaces": ["a", "b"] },
    });
    expect([effective.preview, effective.proxy.uid, effective.excludedNamespaces]).toEqual([true, 7, ["a", "b"]]);
  });

  it("leaves prototypes alone, whatever the names", () => {
    const flags = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, unknown>;
    expect(failure({ file: file("__proto__: { polluted: true }"), flags }).problems).toHaveLength(3);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
