import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { startCluster } from "../../testbed/cluster.ts";
import { TestbedError } from "../../testbed/testbed-error.ts";

const run = promisify(execFile);

test("the provided kubeconfig reaches a real API server as administrator", async () => {
  const { kubectl, kubeconfig } = inject("cluster");
  const { stdout } = await run(kubectl, ["--kubeconfig", kubeconfig, "auth", "can-i", "*", "*"]);
  expect(stdout.trim()).toBe("yes");
});

test("an API server that was stopped comes back on the same address with the same objects", async () => {
  const cluster = await startCluster();
  const kubectl = (...args: string[]) => run(cluster.binaries.kubectl, ["--kubeconfig", cluster.kubeconfig, ...args]);
  try {
    await kubectl("create", "namespace", "stays");
    await cluster.stopApiServer();
    await expect(kubectl("get", "namespace", "stays")).rejects.toThrow(/refused/);
    await cluster.startApiServer();
    expect((await kubectl("get", "namespace", "stays", "-o", "name")).stdout.trim()).toBe("namespace/stays");
  } finally {
    await cluster.stop();
  }
});

test("two clusters cannot have the same name", async () => {
  const name = `taken-${process.pid}`;
  const cluster = await startCluster({ name });
  try {
    const second = startCluster({ name });
    await expect(second).rejects.toSatisfy((error) => error instanceof TestbedError && error.code === "name-taken");
  } finally {
    await cluster.stop();
  }
});
