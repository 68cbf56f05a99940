import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectionPath } from "../../src/kube/object-path.ts";
import { objectsOf } from "../../src/model/json.ts";
import { AWS_CONTROLLER, AWS_DEPLOYMENT, AWS_VALIDATION } from "./aws-controller.ts";
import { type Finished, outrigger } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { REGISTRATIONS, registerWebhook } from "./registered-webhook.ts";
import { until } from "./until.ts";

/* scripts/install.sh with the real kubectl against a real API server: what it refuses, and what it waits for. */

const SCRIPT = join(import.meta.dirname, "../../scripts/install.sh");
const START_MS = 120_000;
const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

let cluster: OwnCluster;
let script: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  script = await readFile(SCRIPT, "utf8");
}, START_MS);

afterAll(() => cluster.stop());

type Environment = Readonly<Record<string, string>>;

/** Runs a text as `cat TEXT | bash -s -- ARGUMENTS` does, with the cluster's kubectl first on the path. */
async function bash(input: string, args: readonly string[], environment: Environment): Promise<Finished> {
  const child = spawn("bash", ["-s", "--", ...args], {
    env: {
      PATH: `${dirname(cluster.provided.kubectl)}:${process.env.PATH}`,
      HOME: process.env.HOME,
      KUBECONFIG: cluster.kubeconfig,
      ...environment,
    },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), stdout, stderr };
}

/** Only some of the script's functions: the text without its last line, which runs them all. */
function functions(environment: Environment, ...calls: readonly string[]): Promise<Finished> {
  return bash(`${script.replace(/\nmain "\$@"[^\n]*\n$/, "\n")}\n${calls.join("\n")}\n`, [], environment);
}

async function testNamespaces(): Promise<number> {
  const { body } = await cluster.api.send("GET", "/api/v1/namespaces?labelSelector=outrigger.dev%2Ftest-admission");
  return objectsOf(body.items).length;
}

/** The whole script, told to wait for a second only. */
function install(environment: Environment, ...args: readonly string[]): Promise<Finished> {
  return bash(script, args, { OUTRIGGER_TIMEOUT: "1", ...environment });
}

async function expectNothingStored(): Promise<void> {
  for (const path of ["/api/v1/namespaces/appmesh-system", "/api/v1/namespaces/appmesh-inject"]) {
    expect((await cluster.api.send("GET", path)).status).toBe(404);
  }
}

describe("is a usage error:", () => {
  const tooLong = "m".repeat(256);
  test.each<readonly [Environment, readonly string[], string]>([
    [{}, [], "MESH_NAME is missing: set the name of the mesh, as in: export MESH_NAME=mynewmesh"],
    [{ MESH_NAME: "a/b" }, [], "MESH_NAME cannot be used"],
    [{ MESH_NAME: "a\nb" }, [], "MESH_NAME cannot be used"],
    [{ MESH_NAME: tooLong }, [], "MESH_NAME cannot be used"],
    [
      { MESH_NAME: "m" },
      ["--ha"],
      "unknown argument --ha: expected --injector-only, --control-plane-only or --crds-only",
    ],
    [{ MESH_NAME: "m", OUTRIGGER_COMPONENTS: "both" }, [], "OUTRIGGER_COMPONENTS is both"],
    [
      { MESH_NAME: "m", OUTRIGGER_CONTROL_PLANE_MESH: "yes" },
      [],
      "OUTRIGGER_CONTROL_PLANE_MESH is yes: expected serve",
    ],
    [{ MESH_NAME: "m", OUTRIGGER_TIMEOUT: "soon" }, [], "OUTRIGGER_TIMEOUT is soon"],
    [{ MESH_NAME: "m", OUTRIGGER_TIMEOUT: "a[$(touch x)]" }, [], "expected a number of seconds"],
    [{ MESH_NAME: "m", OUTRIGGER_IMAGE: "registry.example/outrigger" }, [], "OUTRIGGER_IMAGE cannot be used"],
    [{ MESH_NAME: "m", OUTRIGGER_IMAGE: 'a:1"\nx: y' }, [], "OUTRIGGER_IMAGE cannot be used"],
    [{ MESH_NAME: "m", OUTRIGGER_IMAGE: "$(touch x):1" }, [], "OUTRIGGER_IMAGE cannot be used"],
  ])("%j %j", async (environment, args, says) => {
    const { code, stdout, stderr } = await install(environment, ...args);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    await expectNothingStored();
  });

  test("but the control plane alone needs no mesh, and goes as far as it can here", async () => {
    const { code, stderr } = await install({}, "--control-plane-only");
    expect(stderr).toContain("control plane: applying");
    expect(stderr).toContain("outrigger-control-plane is not ready");
    expect(code).toBe(1);
    await removeAll();
    await expectNothingStored();
  });
});

/** What the script applied. */
async function removeAll(): Promise<void> {
  await outrigger(["uninstall", "--kubeconfig", cluster.kubeconfig, "--no-wait"]);
  await cluster.finishDeletions();
}

describe("is refused, and nothing changed:", () => {
  const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  const bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [] };

  async function expectRefused(...says: readonly string[]): Promise<void> {
    const { code, stdout, stderr } = await install({ MESH_NAME: "m" });
    for (const words of says) expect(stderr).toContain(words);
    expect(stderr).toContain("nothing was changed");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    await expectNothingStored();
  }

  test("another program's object of the same name, with the way to hand it over", async () => {
    await cluster.api.create(roles, { ...role, metadata: { name: "aws-app-mesh-inject-cr" } });
    await expectRefused("ClusterRole aws-app-mesh-inject-cr", "was not made by this", "or label it");
    await cluster.api.send("DELETE", `${roles}/aws-app-mesh-inject-cr`);
  });

  test("one of which parts would stay: it can only be deleted", async () => {
    const name = "aws-app-mesh-inject-binding";
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    await cluster.api.create(bindings, {
      ...role,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef,
      subjects: [],
    });
    const { stderr } = await install({ MESH_NAME: "m" });
    expect(stderr).toMatch(/ClusterRoleBinding aws-app-mesh-inject-binding .* delete it\n/);
    await expectNothingStored();
    await cluster.api.send("DELETE", `${bindings}/${name}`);
  });

  test("an object of a Helm release", async () => {
    const labels = { "app.kubernetes.io/managed-by": "Helm", "outrigger.dev/component": "injector" };
    await cluster.api.create(roles, { ...role, metadata: { name: "aws-app-mesh-inject-cr", labels } });
    await expectRefused("ClusterRole aws-app-mesh-inject-cr", "belongs to a Helm release");
    await cluster.api.send("DELETE", `${roles}/aws-app-mesh-inject-cr`);
  });

  test("another injector, with both ways out", async () => {
    await cluster.api.create(REGISTRATIONS, AWS_CONTROLLER);
    await expectRefused(
      "another injector is registered for labelled namespaces: appmesh-controller-webhook",
      "kubectl delete mutatingwebhookconfiguration appmesh-controller-webhook; or: outrigger install --take-over",
    );
    await cluster.api.send("DELETE", `${REGISTRATIONS}/appmesh-controller-webhook`);
  });

  test("webhooks of App Mesh's own controller for App Mesh objects", async () => {
    const registrations = collectionPath(AWS_VALIDATION);
    await cluster.api.create(registrations, AWS_VALIDATION);
    await expectRefused(
      "App Mesh's own controller is registered for App Mesh objects: ValidatingWebhookConfiguration appmesh-controller-webhook",
      "kubectl delete validatingwebhookconfiguration appmesh-controller-webhook; or: outrigger install --take-over",
    );
    await cluster.api.send("DELETE", `${registrations}/appmesh-controller-webhook`);
  });

  test("App Mesh's own controller, where it runs", async () => {
    const namespace = "/api/v1/namespaces/appmesh-system";
    const deployment = `${collectionPath(AWS_DEPLOYMENT)}/appmesh-controller`;
    const metadata = { name: "appmesh-system" };
    await cluster.api.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
    await cluster.api.create(collectionPath(AWS_DEPLOYMENT), AWS_DEPLOYMENT);
    await cluster.api.patch(`${deployment}/status`, { status: { replicas: 1, readyReplicas: 1 } });
    const { code, stderr } = await install({ MESH_NAME: "m" });
    expect(stderr).toContain("controller runs: Deployment appmesh-controller in namespace appmesh-system");
    expect(stderr).toContain(
      "kubectl scale -n appmesh-system deployment/appmesh-controller --replicas=0; or: outrigger install --take-over",
    );
    expect(code).toBe(1);
    expect((await cluster.api.send("GET", "/api/v1/namespaces/appmesh-inject")).status).toBe(404);
    await cluster.api.send("DELETE", deployment);
    await cluster.api.send("DELETE", namespace);
    await cluster.finishDeletions();
  });

  test("an object that the API server would not take", async () => {
    const metadata = {
      name: "aws-app-mesh-inject-binding",
      labels: { "app.kubernetes.io/managed-by": "outrigger", "outrigger.dev/component": "injector" },
    };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
    await cluster.api.create(bindings, { ...role, kind: "ClusterRoleBinding", metadata, roleRef, subjects: [] });
    await expectRefused('"aws-app-mesh-inject-binding" is invalid: roleRef');
    await cluster.api.send("DELETE", `${bindings}/aws-app-mesh-inject-binding`);
  });

  test.each(["29", "29+"])("a cluster of Kubernetes 1.%s", async (minor) => {
    const old = createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ major: "1", minor, gitVersion: "v1.29.9" }));
    });
    await once(old.listen(0, "127.0.0.1"), "listening");
    const folder = await mkdtemp(join(tmpdir(), "outrigger-old-"));
    try {
      const server = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
      const kubeconfig = join(folder, "kubeconfig");
      await writeFile(kubeconfig, JSON.stringify(await cluster.kubeconfigOf({ server })));
      const script = await install({ MESH_NAME: "m", KUBECONFIG: kubeconfig });
      expect(script.stderr).toContain("the API server is Kubernetes 1.29: expected 1.30 or newer");
      expect(script.code).toBe(1);
      const command = await outrigger(["install", "--mesh-name", "m", "--kubeconfig", kubeconfig]);
      expect(command.stderr).toContain("the API server is Kubernetes v1.29.9: expected 1.30 or newer");
      expect(command.code).toBe(1);
    } finally {
      old.closeAllConnections();
      old.close();
      await rm(folder, { recursive: true });
    }
  });

  test("a cluster that does not answer", async () => {
    const folder = await mkdtemp(join(tmpdir(), "outrigger-away-"));
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(await cluster.kubeconfigOf({ server: "https://127.0.0.1:1" })));
    const { code, stderr } = await install({ MESH_NAME: "m", KUBECONFIG: kubeconfig });
    expect(stderr).toContain("the cluster cannot be reached");
    expect(code).toBe(3);
    await rm(folder, { recursive: true });
  });
});

describe("the test admission", () => {
  const wait = (timeout: number): Promise<Finished> =>
    functions(
      { MESH_NAME: "m", OUTRIGGER_TIMEOUT: String(timeout) },
      "read_options",
      "SECONDS=0",
      "await_test_admission",
    );

  test("is not passed by a warning where nothing is injected", async () => {
    const version = { apiVersion: "admissionregistration.k8s.io/v1" };
    await cluster.api.create(POLICIES, {
      ...version,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "warns" },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        validations: [{ expression: "false", message: "we would rather not" }],
      },
    });
    await cluster.api.create(BINDINGS, {
      ...version,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: "warns" },
      spec: { policyName: "warns", validationActions: ["Warn"] },
    });
    await until(async () => {
      const pod = {
        metadata: { name: "p" },
        spec: { serviceAccountName: "d", containers: [{ name: "a", image: "a" }] },
      };
      const { warnings } = await cluster.api.send("POST", "/api/v1/namespaces/default/pods?dryRun=All", pod);
      return warnings.join().includes("we would rather not") ? undefined : "the policy does not hold yet";
    });
    const { code, stderr } = await wait(1);
    expect(stderr).toContain("a test pod was not injected in time: Warning: ");
    expect(code).toBe(1);
    await cluster.finishDeletions();
    expect(await testNamespaces()).toBe(0);
  });

  test("is passed when the pod comes back with its record, whatever else is printed", async () => {
    const webhook = await registerWebhook(cluster.api, cluster.provided);
    try {
      expect(await wait(30)).toMatchObject({ code: 0, stdout: "" });
    } finally {
      await webhook.stop();
      await cluster.api.send("DELETE", `${BINDINGS}/warns`);
      await cluster.api.send("DELETE", `${POLICIES}/warns`);
    }
    await cluster.finishDeletions();
    expect(await testNamespaces()).toBe(0);
  });
});
