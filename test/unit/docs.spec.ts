import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXAMPLE_FILE } from "../../scripts/docs/configuration-page.ts";
import { PAGES } from "../../scripts/docs/pages.ts";
import { FORMER_NAMES } from "../../src/config/former/names.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { SETTINGS } from "../../src/config/sources.ts";

const root = join(import.meta.dirname, "../..");

describe("pages written out of the source", () => {
  it.each(PAGES)("$path is up to date (node scripts/write-docs.ts)", async ({ path, render }) => {
    expect(await readFile(join(root, path), "utf8")).toBe(render());
  });
});

describe("docs/configuration.md", () => {
  it("names every setting, flag, variable and old name", async () => {
    const page = await readFile(join(root, "docs/configuration.md"), "utf8");
    const names = [
      ...SETTINGS.flatMap(({ path, flag, variable }) => [path, `--${flag}`, variable]),
      ...FORMER_NAMES.flatMap(({ flags = [], values = [], variables = [] }) => [
        ...flags.map((flag) => `--${flag}`),
        ...values,
        ...variables,
      ]),
    ];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("shows a file that is a valid configuration", () => {
    const { configuration, warnings } = loadConfiguration({
      file: { path: "mesh.yaml", text: EXAMPLE_FILE },
      environment: {},
      flags: {},
    });
    expect(configuration).toMatchObject({ meshName: "demo", tracing: { provider: "otel" } });
    expect(warnings).toEqual([]);
  });
});
