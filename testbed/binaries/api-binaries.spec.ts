import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locations } from "../locations.ts";
import { API_PROGRAMS, apiBinaries, parseMinorVersion } from "./api-binaries.ts";
import { buildPlan } from "./module-files.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outrigger-binaries-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A folder with the programs, each answering `--version` as kube-apiserver does. */
function programs(name: string, version: string, names: readonly string[] = API_PROGRAMS): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const program of names) {
    writeFileSync(join(path, program), `#!/bin/sh\necho 'Kubernetes ${version}'\n`);
    chmodSync(join(path, program), 0o755);
  }
  return path;
}

function find(env: NodeJS.ProcessEnv) {
  const said: string[] = [];
  const found = apiBinaries((line) => said.push(line), { XDG_CACHE_HOME: join(folder, "cache"), PATH: "", ...env });
  return { found, said };
}

test("KUBEBUILDER_ASSETS comes before PATH", async () => {
  const assets = programs("assets", "v1.31.0");
  const { found } = find({ KUBEBUILDER_ASSETS: assets, PATH: programs("path", "v1.36.0") });
  expect((await found).etcd).toBe(join(assets, "etcd"));
});

test("KUBEBUILDER_ASSETS without a program is an error that names it", async () => {
  const assets = programs("assets", "v1.31.0", ["etcd", "kubectl"]);
  const { found } = find({ KUBEBUILDER_ASSETS: assets, PATH: programs("path", "v1.36.0") });
  await expect(found).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("no executable kube-apiserver"),
  });
});

test("programs on PATH may lie in different folders", async () => {
  const one = programs("one", "v1.30.0", ["etcd"]);
  const two = programs("two", "v1.30.0", ["kubectl", "kube-apiserver"]);
  const { found } = find({ PATH: [one, two].join(delimiter) });
  expect(await found).toEqual({
    etcd: join(one, "etcd"),
    "kube-apiserver": join(two, "kube-apiserver"),
    kubectl: join(two, "kubectl"),
  });
});

test("programs on PATH that are too old are not used, and that is said", async () => {
  const old = programs("path", "v1.29.9");
  const { found, said } = find({ PATH: old });
  await expect(found).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("install Go") });
  expect(said).toEqual([`${join(old, "kube-apiserver")} is older than 1.30: not used`]);
});

test("what was built before is used without Go", async () => {
  const env = { XDG_CACHE_HOME: join(folder, "cache") };
  const { key } = await buildPlan();
  const built = join(locations(env).binaries, key);
  mkdirSync(built, { recursive: true });
  const { found } = find({});
  expect((await found).kubectl).toBe(join(built, "kubectl"));
});

test("a failing Go is a build error, and leaves nothing half built", async () => {
  const path = join(folder, "go");
  mkdirSync(path);
  writeFileSync(join(path, "go"), '#!/bin/sh\n[ "$1" = version ]\n');
  chmodSync(join(path, "go"), 0o755);
  const { found } = find({ PATH: `${path}:/usr/bin:/bin` });
  await expect(found).rejects.toMatchObject({
    code: "build",
    message: expect.stringContaining("testbed/modules/etcd"),
  });
  const left = readdirSync(join(folder, "cache"), { recursive: true, encoding: "utf8" });
  expect(left.sort()).toEqual([
    "outrigger",
    "outrigger/testbed",
    "outrigger/testbed/locks",
    "outrigger/testbed/locks/build.lock",
  ]);
});

test.each([
  ["Kubernetes v1.36.3\n", 36],
  ["Kubernetes v1.30.0-rc.1", 30],
  ["Kubernetes v2.0.0", undefined],
  ["etcd Version: 3.6.8", undefined],
  ["", undefined],
])("the version in %j is minor %s", (output, minor) => {
  expect(parseMinorVersion(output)).toBe(minor);
});
