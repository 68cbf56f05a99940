import { describe, expect, it } from "vitest";
import { fromFile, MAXIMUM_FILE_BYTES } from "./from-file.ts";
import { rawText } from "./raw-value.ts";

const read = (text: string) => fromFile({ path: "mesh.yaml", text });
const values = (text: string) => read(text).entries.map(({ target, raw }) => [target, rawText(raw)]);
const problem = (text: string) => {
  const { problems, entries } = read(text);
  expect(problems).toHaveLength(1);
  expect(entries).toEqual([]);
  return problems[0];
};

describe("fromFile", () => {
  it("reads settings with line and column of their values", () => {
    const { entries, problems } = read(
      "meshName: demo\nproxy:\n  logLevel: debug # for now\n  requests: { cpu: 0.50 }\n",
    );
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([
      { target: "meshName", origin: { file: "mesh.yaml", line: 1, column: 11 } },
      { target: "proxy.logLevel", origin: { line: 3, column: 13 } },
      { target: "proxy.requests.cpu", raw: { text: "0.50", written: "number" }, origin: { line: 4, column: 20 } },
    ]);
  });

  it("reads JSON", () => {
    expect(values('{"meshName":"demo","capture":{"ignoredPorts":[22,"25"]}}')).toEqual([
      ["meshName", "demo"],
      ["capture.ignoredPorts", "22, 25"],
    ]);
  });

  it.each(["", "# nothing\n", "---\n", "null", "{}", "\uFEFF", "proxy:\nmeshName: ~\n", "proxy: {}"])(
    "takes %j as no settings",
    (text) => {
      expect(read(text)).toEqual({ entries: [], problems: [], ignored: [], warnings: [] });
    },
  );

  it("keeps a number as it was written", () => {
    expect(values("accountId: 012345678901\ntracing: { samplingRate: 0.10 }")).toEqual([
      ["accountId", "012345678901"],
      ["tracing.samplingRate", "0.10"],
    ]);
  });

  it.each([
    ["proxy: { loglevel: debug }", "proxy.loglevel", "proxy.logLevel"],
    ["sidecar: { imag: x }", "sidecar.imag", "sidecar.image"],
    ["__proto__: 1", "__proto__", undefined],
    ["constructor: { prototype: 1 }", "constructor", undefined],
    ["colour:", "colour", undefined],
    ["<<: { meshName: x }", "<<", undefined],
  ])("%s: names the unknown key and the nearest one", (text, setting, nearest) => {
    const found = problem(text);
    expect(found).toMatchObject({ setting, expected: "a known setting" });
    expect(found?.nearest).toBe(nearest);
  });

  it("does not repeat the value of an unknown key", () => {
    expect(JSON.stringify(problem("secretAccessKey: hunter2"))).not.toContain("hunter2");
  });

  it.each([
    ["meshName: a\nmeshName: b", /valid YAML: Map keys must be unique/, 2],
    ["meshName: 'a", /valid YAML/, 1],
    ["meshName: a\n---\nmeshName: b", /valid YAML/, 2],
    ["meshName: !mesh x", /valid YAML: Unresolved tag/, 1],
    ["? [a]\n: b", /valid YAML/, 1],
    ["meshName: !!binary aGk=", /valid YAML: Unresolved tag/, 1],
    ["- meshName", /a map of settings/, 1],
    ["demo", /a map of settings/, 1],
    ["\n\nproxy: [1]", /a map with image, imagePullPolicy/, 3],
    ["proxy: 5", /a map with image/, 1],
    ["meshName: { a: 1 }", /^a value$/, 1],
    ["excludedNamespaces: [a, [b]]", /a list of plain values/, 1],
    ["controlPlane: { certificates: { secrets: [{ arn: *a }] } }", /^a list of maps, each with an arn/, 1],
    ["proxy.image: x", /instead of a key with dots/, 1],
    ["capture: { image: *a }", /instead of a YAML alias/, 1],
  ])("%j is refused with its line", (text, expected, line) => {
    const [first] = read(text).problems;
    expect(first?.expected).toMatch(expected);
    expect(first?.origin).toMatchObject({ source: "file", file: "mesh.yaml", line });
  });

  it("refuses aliases instead of expanding them", () => {
    const { problems } = read("meshName: &a demo\nregion: *a");
    expect(problems).toMatchObject([{ setting: "region", expected: expect.stringContaining("alias") }]);
  });

  it.each([
    ["brackets", "x: [".repeat(100_000), /^at most 32 brackets/],
    ["lists", "- ".repeat(100_000), /^fewer levels/],
    ["explicit keys", "? ".repeat(100_000), /^fewer levels/],
    ["spaced lists that hardly match", `${"-                              ".repeat(7)}x\n`.repeat(2_000), /./],
    ["maps", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"), /^fewer levels/],
    ["keys", Array.from({ length: 60_000 }, (_, index) => `key${index}: 1`).join("\n"), /^at most 10000 lines/],
    [
      "keys in one line",
      `{${Array.from({ length: 60_000 }, (_, index) => `key${index}: 1`).join(",")}}`,
      /^at most 10000 lines/,
    ],
    ["bytes", `# ${"x".repeat(MAXIMUM_FILE_BYTES)}`, /^at most 1048576 bytes/],
    ["multi-byte characters", `# ${"…".repeat(MAXIMUM_FILE_BYTES / 2)}`, /^at most 1048576 bytes/],
  ])("answers soon, and with few problems, to a file of too many %s", (_what, text, expected) => {
    const { problems } = read(text);
    expect(problems[0]?.expected).toMatch(expected);
    expect(problems.length).toBeLessThanOrEqual(101);
  });
});
