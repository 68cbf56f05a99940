import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type Json, type JsonObject, member, stringOf } from "../../src/model/json.ts";
import { helmBinary } from "../../testbed/binaries/helm-binary.ts";
import { progressOnStderr } from "../../testbed/progress.ts";
import { AWS_CONTROLLER } from "./aws-controller.ts";
import { outrigger } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";

/* Whether an installation serves the mesh: whatever is used to install it, one that passed traffic through goes on to do so. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const HELM_BUILD_MS = 900_000;
const CONFIG_MAP = "/api/v1/namespaces/appmesh-system/configmaps/outrigger";

let cluster: OwnCluster;
let helm: string;
let folder: string;

beforeAll(async () => {
  helm = await helmBinary(progressOnStderr);
  folder = await mkdtemp(join(tmpdir(), "outrigger-mesh-mode-"));
  cluster = await startOwnCluster();
}, HELM_BUILD_MS);

afterEach(async () => {
  await outrigger(["uninstall", "--kubeconfig", cluster.kubeconfig, "--no-wait"]);
  await cluster.finishDeletions();
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

/** One way to install, and what it says. */
type Install = (mode?: "serve" | "observe") => Promise<string>;

const command: Install = async (mode) => {
  const file = join(folder, "config.yaml");
  await writeFile(file, stringify({ meshName: "m", ...(mode && { controlPlane: { mesh: mode } }) }));
  const args = ["install", "--config", file, "--no-wait", "--kubeconfig", cluster.kubeconfig];
  const { code, stderr } = await outrigger(args);
  expect(code).toBe(0);
  return stderr;
};

/** It ends with 1, because no pod of it becomes ready here. */
const script: Install = async (mode = "" as "serve") => {
  const path = `${dirname(cluster.provided.kubectl)}:${process.env.PATH}`;
  const own = { KUBECONFIG: cluster.kubeconfig, OUTRIGGER_TIMEOUT: "1", OUTRIGGER_CONTROL_PLANE_MESH: mode };
  const args = [join(ROOT, "scripts/install.sh"), "--control-plane-only"];
  const ended = run("bash", args, { env: { ...process.env, PATH: path, ...own } });
  const failed = await ended.then(
    () => undefined,
    (error: { readonly code: number; readonly stderr: string }) => error,
  );
  expect(failed?.code).toBe(1);
  return failed?.stderr ?? "";
};

const chart: Install = async (mode) => {
  const set = ["--set", `configuration.meshName=m${mode ? `,configuration.controlPlane.mesh=${mode}` : ""}`];
  const args = ["upgrade", "--install", "outrigger", join(ROOT, "charts/outrigger"), "--namespace", "default", ...set];
  return (await run(helm, args, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } })).stdout;
};

async function configuration(): Promise<Json> {
  const { body } = await cluster.api.send("GET", CONFIG_MAP);
  return parse(stringOf(member(body.data, "config.yaml")) ?? "") as Json;
}
const mode = async (): Promise<unknown> => member(member(await configuration(), "controlPlane"), "mesh");

/** As release 0.1.0 left it, or with other settings that say nothing of the mesh. */
async function forgetTheSetting(left = "meshName: m\n"): Promise<void> {
  const { body } = await cluster.api.send("GET", CONFIG_MAP);
  const { managedFields: _m, resourceVersion: _v, ...metadata } = body.metadata as JsonObject;
  const object = { ...body, metadata, data: { "config.yaml": left } };
  const file = join(folder, "config-map.json");
  await writeFile(file, JSON.stringify(object));
  // as whom Helm applies, which would not overwrite what somebody else did
  const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=helm", "-f", file];
  await run(cluster.provided.kubectl, apply, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig } });
  expect(await mode()).toBeUndefined();
}

describe.each([
  ["outrigger install", command],
  ["scripts/install.sh", script],
  ["the chart", chart],
])("%s", (name, install) => {
  afterEach(async () => {
    if (name !== "the chart") return;
    await run(helm, ["uninstall", "outrigger", "--namespace", "default"], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
  });

  test("serves where there was no control plane, and goes on to", async () => {
    expect(await install()).toMatch(/the mesh is served/i);
    expect(await mode()).toBe("serve");
    expect(await install()).toMatch(/the mesh is served/i);
    expect(await mode()).toBe("serve");
  });

  test("observes where one passed traffic through, says how to switch, and serves then", async () => {
    await install("observe");
    await forgetTheSetting();
    const said = await install();
    expect(said).toMatch(/the mesh is observed/i);
    expect(said).toContain("outrigger.dev/mesh=serve");
    expect(await mode()).toBe("observe");
    await install("serve");
    expect(await mode()).toBe("serve");
  });

  test.each(["controlPlane: on-off\n", "controlPlane:\n  # mesh: serve\n", ""])(
    "observes where nothing is set by what is there, %j",
    async (left) => {
      await install("observe");
      await forgetTheSetting(left);
      expect(await install()).toMatch(/the mesh is observed/i);
      expect(await mode()).toBe("observe");
    },
  );
});

test("a take-over begins by observing, and so does a dry run of it", async () => {
  await cluster.api.create(REGISTRATIONS, AWS_CONTROLLER);
  try {
    const args = ["install", "--mesh-name", "m", "--take-over", "--no-wait", "--kubeconfig", cluster.kubeconfig];
    const tried = await outrigger([...args, "--dry-run"]);
    expect(tried.stderr).toContain("the mesh is observed (controlPlane.mesh: observe), as pods come from another mesh");
    await outrigger(args);
    expect(await mode()).toBe("observe");
  } finally {
    await cluster.api.send("DELETE", `${REGISTRATIONS}/appmesh-controller-webhook`);
  }
});

test("what is rendered without a cluster says nothing, so that it can be applied over a control plane that passes through", async () => {
  const { stdout } = await outrigger(["install", "--mesh-name", "m", "--output", "yaml"]);
  expect(stdout).not.toMatch(/mesh: (serve|observe)/);
  const chartText = await run(helm, ["template", join(ROOT, "charts/outrigger"), "--set", "configuration.meshName=m"]);
  expect(chartText.stdout).not.toMatch(/mesh: (serve|observe)/);
  const base = await readFile(join(ROOT, "deploy/kustomize/control-plane/control-plane.yaml"), "utf8");
  expect(base).not.toMatch(/mesh: (serve|observe)/);
});
