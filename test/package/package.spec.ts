import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { olderNode } from "../../testbed/run/older-node.ts";

const ROOT = join(import.meta.dirname, "../..");
const NGINX = "node_modules/outrigger/examples/nginx.yaml";
const run = promisify(execFile);

interface Pod {
  readonly kind: string;
  readonly spec: {
    readonly containers: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
}

let folder: string;
let environment: NodeJS.ProcessEnv;
let packed: readonly string[];

beforeAll(async () => {
  const older = await olderNode();
  folder = mkdtempSync(join(tmpdir(), "outrigger-package-"));
  environment = userEnvironment(older.folder);
  const { stdout } = await run("npm", ["pack", "--silent", "--json", "--pack-destination", folder], { cwd: ROOT });
  const [tarball] = JSON.parse(stdout.slice(stdout.indexOf("[\n"))) as [
    { filename: string; files: { path: string }[] },
  ];
  packed = tarball.files.map(({ path }) => path);
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  await inFolder("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, tarball.filename));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A user's: the older Node.js first on `PATH`, nothing of this checkout, and none of what `npm test` sets. */
function userEnvironment(nodeFolder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:npm_|INIT_CWD$|NODE_|VITEST)/i.test(name));
  const path = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
  // npm's own warnings would mix with what the program says on standard error.
  const npm = { npm_config_loglevel: "error", npm_config_update_notifier: "false" };
  return { ...Object.fromEntries(own), ...npm, PATH: [nodeFolder, ...path].join(delimiter) };
}

function inFolder(command: string, ...args: readonly string[]) {
  return run(command, args, { cwd: folder, env: environment });
}

test("the folder's Node.js is an older one", async () => {
  expect((await inFolder("node", "--version")).stdout).toMatch(/^v2[0-3]\./);
});

test("the package holds the program, the library, its types and the examples, and no tests or sources", () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      "bin/outrigger.js",
      "dist/cli/main.js",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/LICENSES.txt",
      "examples/nginx.yaml",
    ]),
  );
  expect(packed.filter((path) => /\.spec\.|testdata|^src\/|^test|(?<!\.d)\.ts$/.test(path))).toEqual([]);
});

/** As import and export declarations, calls of import, and what bundled CommonJS asks for. */
const ASKED_FOR = /^(?:import|export) .*?from "([^"]+)";$|^import "([^"]+)";$|\b(?:import|__require)\("([^"]+)"\)/gm;

test("the program holds the packages that it uses, each with its licence, but the one that is seldom loaded", () => {
  const dist = join(folder, "node_modules/outrigger/dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
  const texts = files.map((file) => readFileSync(join(dist, file), "utf8"));
  const asked = texts.flatMap((text) => [...text.matchAll(ASKED_FOR)].map((found) => found[1] ?? found[2] ?? found[3]));
  const packages = new Set(asked.filter((name) => name !== undefined && !name.startsWith(".") && !isBuiltin(name)));
  expect([...packages]).toEqual(["@kubernetes/client-node"]);
  // its face as an ES module loads much more (scripts/bundle.mjs)
  expect(asked).not.toContain("node:http");
  const licences = readFileSync(join(dist, "LICENSES.txt"), "utf8");
  const bundled = texts.flatMap((text) => [...text.matchAll(/^\/\/ \S*node_modules\/((?:@[^/]+\/)?[^/]+)/gm)]);
  expect(bundled.length).toBeGreaterThan(0);
  for (const [, name] of bundled) expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
});

test("npx outrigger version says the package's version", async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(await inFolder("npx", "outrigger", "version")).toEqual({ stdout: `outrigger ${version}\n`, stderr: "" });
});

test("npx outrigger inject puts the sidecar into the walkthrough's pod", async () => {
  const { stdout } = await inFolder("npx", "outrigger", "inject", "-f", NGINX, "--mesh-name", "mynewmesh");
  const pod = parseAllDocuments(stdout)
    .map((document) => document.toJS() as Pod)
    .find(({ kind }) => kind === "Pod");
  const names = [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])].map(({ name }) => name);
  expect(names).toEqual(["envoy", "proxyinit", "nginx"]);
});

test("npx outrigger passes exit code and standard error through", async () => {
  const failing = inFolder("npx", "outrigger", "inject", "-f", "absent.yaml", "--mesh-name", "m");
  await expect(failing).rejects.toMatchObject({ stdout: "", stderr: expect.stringContaining("absent.yaml") });
});

const LIBRARY_USER = `
import { explain, inject, type Injection, uninject } from "outrigger";

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "nginx" }, spec: { containers: [{ name: "nginx" }] } };
const injection: Injection = inject({ pod, configuration: { meshName: "mynewmesh" } });
const skipped = explain({ pod: { ...pod, spec: { ...pod.spec, hostNetwork: true } } });
const removed = uninject(injection.pod);
console.log(JSON.stringify({
  outcomes: [injection.outcome, skipped.outcome, removed.outcome],
  restored: JSON.stringify(removed.pod) === JSON.stringify(pod),
}));`;

test("the library's types hold for a strict compiler, and it runs on the older Node.js", async () => {
  writeFileSync(join(folder, "use.mts"), LIBRARY_USER);
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  const options = ["--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", "nodenext", "--types", ""];
  await run(compiler, [...options, "--outDir", ".", "use.mts"], { cwd: folder });
  const { stdout } = await inFolder("node", "use.mjs");
  expect(JSON.parse(stdout)).toEqual({ outcomes: ["inject", "skip", "removed"], restored: true });
});
