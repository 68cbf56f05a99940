import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { circles } from "./import-circles.ts";
import { importsOf, violations } from "./import-directions.ts";

const SRC = join(import.meta.dirname, "../../src");

function ourSources(): ReadonlyMap<string, string> {
  return sourcesOf(SRC);
}

function sourcesOf(root: string): ReadonlyMap<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.(?:ts|js|mjs)$/.test(path),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

test("our sources import in the directions of the design", () => {
  const sources = ourSources();
  expect(sources.size).toBeGreaterThan(50);
  expect(violations(sources)).toEqual([]);
});

test.each(["src", "testbed", "test", "bench", "scripts"])("no files of %s import each other in a circle", (root) => {
  expect(circles(sourcesOf(join(SRC, "..", root)))).toEqual([]);
});

describe("a circle of imports is found", () => {
  test.each([
    ["of a file with itself", { "a.ts": 'import "./a.ts";' }, [["a.ts"]]],
    [
      "through types and dynamic imports",
      {
        "a.ts": 'import type { B } from "./in/b.ts";',
        "in/b.ts": 'const c = await import("../c.ts");',
        "c.ts": 'export * from "./a.ts";',
        "d.ts": 'import "./a.ts";',
      },
      [["a.ts", "c.ts", "in/b.ts"]],
    ],
    [
      "beside another one",
      {
        "a.ts": 'import "./b.ts";',
        "b.ts": 'import "./a.ts";',
        "c.ts": 'import "./d.ts";',
        "d.ts": 'import "./c.ts";',
      },
      [
        ["a.ts", "b.ts"],
        ["c.ts", "d.ts"],
      ],
    ],
    [
      "not where two files import the same one",
      { "a.ts": 'import "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": "" },
      [],
    ],
  ])("%s", (_, files, groups) => {
    expect(circles(new Map(Object.entries(files)))).toEqual(groups);
  });
});

function check(files: Record<string, string>): readonly string[] {
  return violations(new Map(Object.entries(files)));
}

describe("the check allows", () => {
  test.each([
    ["inject/rules/decide.ts", 'import { PORTS } from "../../model/names.ts";'],
    ["inject/plan/envoy.ts", 'import type { Configuration } from "../../config/schema.ts";'],
    ["inject/plan/envoy.ts", 'import { trace } from "../trace.ts";'],
    ["install/objects/registration.ts", 'import { POD_RULES } from "../../inject/rules/pod-rules.ts";'],
    ["inject/values.ts", 'import { BlockList, isIP } from "node:net";'],
    ["inject/hash.ts", 'import { createHash } from "node:crypto";'],
    ["inject/rules/decide.spec.ts", 'import { readFileSync } from "node:fs";'],
    ["diagnose/gather/a.ts", 'import { b } from "../facts/b.ts";'],
    ["diagnose/diagnose.ts", 'export { b } from "./gather/b.ts";'],
    ["diagnose/facts/a.ts", 'import { LIMITS } from "../limits.ts";'],
    ["cli/main.ts", 'const { startWebhook } = await import("../webhook/start-webhook.ts");'],
    ["webhook/answer.ts", 'import { RELEASE } from "../release.ts";'],
  ])("%s: %s", (path, text) => {
    expect(check({ [path]: text })).toEqual([]);
  });
});

describe("the check reports", () => {
  test.each([
    ["model/names.ts", 'import type { Decision } from "../inject/decision.ts";', "src/inject/decision.ts"],
    ["config/load.ts", 'import { inject } from "../inject/inject.ts";', "src/inject/inject.ts"],
    ["bootstrap/node.ts", 'import { schema } from "../config/schema.ts";', "src/config/schema.ts"],
    ["inject/rules/decide.ts", 'import { load } from "../../config/load.ts";', "src/config/load.ts"],
    ["inject/plan/envoy.ts", 'import { Client } from "../../kube/client.ts";', "src/kube/client.ts"],
    ["inject/a.ts", 'export * from "../webhook/server.ts";', "src/webhook/server.ts"],
    ["inject/a.ts", 'import "../cli/main.ts";', "src/cli/main.ts"],
    ["inject/a.ts", 'const kube = await import("../kube/client.ts");', "src/kube/client.ts"],
    ["inject/a.ts", 'type Live = import("../kube/client.ts").Client;', "src/kube/client.ts"],
    ["inject/a.ts", 'import {\n  one,\n  two,\n} from "../manifest/parse.ts";', "src/manifest/parse.ts"],
    ["install/objects/registration.ts", 'import { inject } from "../../inject/inject.ts";', "src/inject/inject.ts"],
    ["diagnose/facts/a.ts", 'import type { B } from "../gather/b.ts";', "src/diagnose/gather/b.ts"],
    ["diagnose/checks/a.ts", 'import { b } from "../gather/b.ts";', "src/diagnose/gather/b.ts"],
    ["install/attic/a.ts", 'import { b } from "../objects/b.ts";', "src/install/objects/b.ts"],
    ["webhook/server.ts", 'import { run } from "../cli/run.ts";', "src/cli/run.ts"],
    ["kube/client.ts", 'import { log } from "../webhook/log.ts";', "src/webhook/log.ts"],
    ["inject/record/record.ts", 'import { RELEASE } from "../../release.ts";', "src/release.ts"],
    ["index.ts", 'export { start } from "./webhook/start-webhook.ts";', "src/webhook/start-webhook.ts"],
    ["webhook/server.ts", 'import { up } from "../../testbed/commands/up.ts";', "testbed/commands/up.ts"],
  ])("%s: %s", (path, text, target) => {
    const found = check({ [path]: text });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(target);
  });

  test.each([
    ["inject/a.ts", 'import { readFileSync } from "node:fs";'],
    ["bootstrap/a.ts", 'import { spawn } from "node:child_process";'],
    ["model/a.ts", 'import { connect, isIP } from "node:net";'],
    ["model/a.ts", 'import * as net from "node:net";'],
    ["inject/a.ts", "const now = Date.now();"],
    ["inject/a.ts", "const mesh = process.env.MESH_NAME;"],
  ])("%s is to be pure: %s", (path, text) => {
    expect(check({ [path]: text })).toEqual([expect.stringContaining(`src/${path} is to be pure`)]);
  });

  test("a folder that nobody decided about", () => {
    expect(check({ "misc/a.ts": "" })).toEqual(["src/misc/a.ts: misc has no line in the import directions"]);
  });
});

test("imports are found with the names that they take", () => {
  const text =
    'import type { A, B as C } from "./a.ts";\nimport x, { type D } from "d";\nexport { E } from "./e.ts";\n';
  expect(importsOf(text)).toEqual([
    { specifier: "./a.ts", names: ["A", "B"] },
    { specifier: "d", names: ["D"] },
    { specifier: "./e.ts", names: ["E"] },
  ]);
});
