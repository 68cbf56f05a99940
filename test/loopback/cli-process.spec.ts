import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/* What only a process of its own can show: exit codes, standard streams that end early or fill up. */

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/cli/main.ts");

test("a reader that has seen enough is no error", async () => {
  const child = spawn(process.execPath, [MAIN, "completion", "fish"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test.each([
  [["explain", "pod/nginx"], "give one with --kubeconfig FILE\n"],
  [["webhook", "--listen", "127.0.0.1:0", "--mesh-name", "m"], "or serve without a cluster with --offline\n"],
])("%j without any cluster says what the command itself can do about it", (argv, advice) => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", HOME: "/nonexistent" },
  });
  expect(status).toBe(3);
  expect(stderr).toMatch(/^outrigger: no kubeconfig was found \(looked for \/nonexistent\/\.kube\/config\): .*\n$/);
  expect(stderr.endsWith(advice)).toBe(true);
});

test("an output that cannot be written ends with 3", () => {
  const command = `"${process.execPath}" "${MAIN}" completion fish > /dev/full`;
  const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  expect(status).toBe(3);
  expect(stderr).toMatch(/^outrigger: the output could not be written: .*ENOSPC/);
});

test("standard output holds the manifests and nothing else", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "inject", "-f", "examples/nginx.yaml"], {
    cwd: ROOT,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", MESH_NAME: "m" },
  });
  expect(status).toBe(0);
  expect(stdout.startsWith("apiVersion: v1\nkind: Namespace\n")).toBe(true);
  expect(stderr).toMatch(/^(outrigger: .*\n)+$/);
});
