import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildPlan, kubernetesVersion, MODULES, nodeBuildPlan } from "./module-files.ts";

let modules: string;

beforeEach(() => {
  modules = mkdtempSync(join(tmpdir(), "outrigger-modules-"));
  cpSync(MODULES, modules, { recursive: true });
});

afterEach(() => {
  rmSync(modules, { recursive: true, force: true });
});

test("the same module files give the same key, with the version in it", async () => {
  const plan = await buildPlan(modules);
  expect(plan).toEqual(await buildPlan());
  expect(plan.kubernetes).toBe("v1.36.3");
  expect(plan.key).toMatch(/^kubernetes-v1\.36\.3-[0-9a-f]{16}$/);
});

test.each(["etcd/go.sum", "etcd/main.go", "kube/go.mod", "kube/go.sum"])(
  "a change of %s gives another key",
  async (file) => {
    const before = await buildPlan(modules);
    appendFileSync(join(modules, file), "\n");
    expect((await buildPlan(modules)).key).not.toBe(before.key);
  },
);

test.each(["ctr/go.sum", "dns/main.go", "kube/go.mod"])(
  "a change of %s is another build for the node tier",
  async (file) => {
    const before = await nodeBuildPlan(modules);
    expect(before.key).toMatch(/^node-v1\.36\.3-[0-9a-f]{16}$/);
    appendFileSync(join(modules, file), "\n");
    expect((await nodeBuildPlan(modules)).key).not.toBe(before.key);
  },
);

test("the API tier is not built again for a change of the node tier's modules", async () => {
  const before = await buildPlan(modules);
  appendFileSync(join(modules, "ctr/go.sum"), "\n");
  expect(await buildPlan(modules)).toEqual(before);
});

test.each([
  ["require k8s.io/kubernetes v1.30.1", "v1.30.1"],
  ["require (\n\tk8s.io/kubernetes v1.36.3 // indirect\n)", "v1.36.3"],
])("the version is read from %j", (goMod, version) => {
  expect(kubernetesVersion(goMod)).toBe(version);
});

test("a go.mod without a released Kubernetes is refused", () => {
  expect(() => kubernetesVersion("require k8s.io/kubernetes-extra v1.2.3")).toThrow("no released k8s.io/kubernetes");
});
