import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { effectiveJson, effectiveTable, effectiveYaml } from "./effective.ts";
import { loadConfiguration } from "./load.ts";
import { SETTINGS } from "./sources.ts";

const loaded = loadConfiguration({
  file: { path: "mesh.yaml", text: "meshName: demo\nproxy: { requests: { cpu: 20m } }" },
  environment: { AWS_REGION: "eu-west-1" },
  flags: { preview: "true", "proxy-image": "mirror/envoy", "sidecar-memory-requests": "" },
});

describe("effectiveYaml", () => {
  it("says behind each value where it comes from", () => {
    const text = effectiveYaml(loaded);
    expect(text).toContain("meshName: demo # mesh.yaml:1:11\n");
    expect(text).toContain("region: eu-west-1 # environment AWS_REGION\n");
    expect(text).toContain("preview: true # flag --preview\n");
    expect(text).toContain("  requests:\n    cpu: 20m # mesh.yaml:2:27\n");
    expect(text).toContain('    memory: "" # flag --sidecar-memory-requests\n');
    expect(text).toContain("ignoredPorts: [22] # default\n");
    expect(text.match(/ # /g)).toHaveLength(SETTINGS.length);
  });

  it("is a configuration file that gives the same configuration", () => {
    const again = loadConfiguration({
      file: { path: "again.yaml", text: effectiveYaml(loaded) },
      environment: {},
      flags: {},
    });
    expect(again.configuration).toEqual(loaded.configuration);
  });

  it("stays one when the file's name has a line break", () => {
    const odd = loadConfiguration({ file: { path: "a\nb: c", text: "meshName: demo" }, environment: {}, flags: {} });
    expect(parse(effectiveYaml(odd))).toEqual(odd.configuration);
  });
});

describe("effectiveJson", () => {
  it("holds configuration and origins", () => {
    const { configuration, origins } = JSON.parse(effectiveJson(loaded)) as Record<string, Record<string, unknown>>;
    expect(configuration).toEqual(loaded.configuration);
    expect(Object.keys(origins ?? {})).toEqual(SETTINGS.map(({ path }) => path));
    expect(origins?.region).toEqual({ source: "environment", variable: "AWS_REGION" });
  });
});

describe("effectiveTable", () => {
  it("has a line for each setting, in columns", () => {
    const lines = effectiveTable(loaded).trimEnd().split("\n");
    expect(lines).toHaveLength(SETTINGS.length + 1);
    expect(lines[0]).toMatch(/^SETTING +VALUE +ORIGIN$/);
    expect(lines).toContainEqual(expect.stringMatching(/^meshName +demo +mesh\.yaml:1:11$/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^proxy\.requests\.memory +"" +flag --sidecar-memory-requests$/),
    );
    expect(
      new Set(lines.map((line) => line.search(/(default|ORIGIN|mesh\.yaml|environment A|flag -)/))),
    ).toHaveProperty("size", 1);
  });
});
