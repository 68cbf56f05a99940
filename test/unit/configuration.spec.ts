import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ConfigurationError } from "../../src/config/configuration-error.ts";
import { effectiveYaml } from "../../src/config/effective.ts";
import { type ConfigurationSources, type LoadedConfiguration, loadConfiguration } from "../../src/config/load.ts";
import { nested, type SettingValue, textOf, typeOf, valueAt } from "../../src/config/setting-type.ts";
import { SETTINGS, type SettingPath } from "../../src/config/sources.ts";
import { arbitrarySetting } from "./arbitrary-setting.ts";

const arbitrarySettings = fc
  .array(arbitrarySetting, { maxLength: 12 })
  .map((settings): ReadonlyMap<SettingPath, SettingValue> => new Map(settings));

describe("any valid value of any setting", () => {
  it("is the same through the file, the environment and a flag, and its origin is told", () => {
    fc.assert(
      fc.property(arbitrarySetting, ([path, value]) => {
        const { variable, flag } = nameOf(path);
        const text = textOf(value);
        const ways = [
          outcome({ file: { path: "mesh.json", text: JSON.stringify(nested(new Map([[path, value]]))) } }),
          outcome({ environment: { [variable]: text } }),
          outcome({ flags: { [flag]: text } }),
        ];
        // A value that is fine by itself may still not fit the default of another setting, but then nowhere.
        if (ways.some((way) => way instanceof ConfigurationError)) {
          expect(ways.map((way) => way instanceof ConfigurationError && way.problems.length)).toEqual([1, 1, 1]);
          return;
        }
        const loaded = ways as LoadedConfiguration[];
        for (const { configuration } of loaded) {
          expect(valueAt(configuration, path)).toEqual(value);
          for (const other of SETTINGS) {
            if (other.path !== path) expect(valueAt(configuration, other.path)).toEqual(typeOf(other.path).default);
          }
        }
        expect(loaded.map(({ origins }) => origins.get(path))).toEqual([
          { source: "file", file: "mesh.json", line: 1, column: expect.any(Number) },
          { source: "environment", variable },
          { source: "flag", flag },
        ]);
        expect(loaded[0]?.warnings.length).toBe(loaded[2]?.warnings.length);
      }),
      { numRuns: 400 },
    );
  });
});

describe("any valid configuration", () => {
  it("printed as YAML and read again is the same, without a warning about the file itself", () => {
    fc.assert(
      fc.property(arbitrarySettings, (settings) => {
        const first = outcome({ file: { path: "mesh.yaml", text: stringify(nested(settings)) } });
        fc.pre(!(first instanceof ConfigurationError));
        const again = outcome({ file: { path: "again.yaml", text: effectiveYaml(first) } });
        if (again instanceof ConfigurationError) throw again;
        expect(again.configuration).toEqual(first.configuration);
        expect(again.warnings.length).toBe(first.warnings.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe("any text at all", () => {
  it("as a file is a configuration or a ConfigurationError with a place, never another error", () => {
    const lines = fc.array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 20 }),
        arbitrarySetting.map(([path, value]) => stringify(nested(new Map([[path, value]])))),
        fc.constantFrom(
          "proxy:",
          "  - ",
          "&a",
          "*a",
          "tracing: {enabled: true}",
          "'",
          "---",
          "...",
          "%YAML 1.1",
          "\t",
          "? x",
        ),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(lines, (parts) => {
        const result = outcome({ file: { path: "mesh.yaml", text: parts.join("\n") } });
        if (!(result instanceof ConfigurationError)) return;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { origin } of result.problems) expect(origin.source === "default").toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

function outcome(sources: Partial<ConfigurationSources>): LoadedConfiguration | ConfigurationError {
  try {
    return loadConfiguration({ environment: {}, flags: {}, ...sources });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function nameOf(path: SettingPath) {
  const setting = SETTINGS.find((candidate) => candidate.path === path);
  if (setting === undefined) throw new Error(`no such setting: ${path}`);
  return setting;
}
