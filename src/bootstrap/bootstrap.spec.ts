import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bootstrap } from "./bootstrap.ts";
import { bootstrapArgument } from "./expansion.ts";
import type { BootstrapSpec } from "./spec.ts";

/*
 * testdata/in holds specs, testdata/out the bootstrap of each as the kubelet gets it. UPDATE_GOLDEN=1 rewrites the
 * outputs; read the difference before committing it. JSON has no `undefined`: what a spec leaves out is undefined.
 */
const TESTDATA = join(import.meta.dirname, "testdata");
const NAMES = readdirSync(join(TESTDATA, "in")).map((file) => file.replace(/\.json$/, ""));

function spec(name: string): BootstrapSpec {
  const text = readFileSync(join(TESTDATA, "in", `${name}.json`), "utf8");
  return {
    clusterDns: undefined,
    statsd: undefined,
    sdsSocket: undefined,
    ...(JSON.parse(text) as object),
  } as BootstrapSpec;
}

describe("golden bootstraps", () => {
  test.each(NAMES)("%s", (name) => {
    const output = `${JSON.stringify(JSON.parse(bootstrapArgument(bootstrap(spec(name)))), null, 2)}\n`;
    const file = join(TESTDATA, "out", `${name}.json`);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, output);
    expect(output).toBe(readFileSync(file, "utf8"));
  });

  test("every output has its input", () => {
    expect(readdirSync(join(TESTDATA, "out")).sort()).toEqual(NAMES.map((name) => `${name}.json`).sort());
  });
});
