import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";
import { COMPONENTS } from "../../src/install/objects/ownership.ts";
import { permissionsToRemove } from "../../src/install/preflight/permissions.ts";
import { MADE_BY_PROCESSES } from "../../src/install/run/made-by-processes.ts";
import { type JsonObject, listOf, member, objectOf, objectsOf, stringMapOf, stringOf } from "../../src/model/json.ts";
import { reportConfigMap } from "../../src/model/replica-report.ts";
import { untilGranted } from "./access.ts";
import { nameOf } from "./api-object.ts";
import { AWS_VALIDATION } from "./aws-controller.ts";
import { type Finished, outrigger } from "./command-line.ts";
import { type OwnCluster, startOwnCluster } from "./own-cluster.ts";
import { REGISTRATIONS } from "./registered-webhook.ts";
import { until } from "./until.ts";

const START_MS = 120_000;
const REGISTRATION = `${REGISTRATIONS}/aws-app-mesh-inject`;
const CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const BUDGETS = "/apis/policy/v1/poddisruptionbudgets";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const MESHES = definition("Mesh", "meshes", "Cluster");
const VIRTUAL_NODES = definition("VirtualNode", "virtualnodes", "Namespaced");

function definition(kind: string, plural: string, scope: string): JsonObject {
  const schema = { openAPIV3Schema: { type: "object" } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.appmesh.k8s.aws` },
    spec: {
      group: "appmesh.k8s.aws",
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: "v1beta2", served: true, storage: true, schema }],
    },
  };
}

let cluster: OwnCluster;
let folder: string;

beforeAll(async () => {
  cluster = await startOwnCluster();
  folder = await mkdtemp(join(tmpdir(), "outrigger-install-"));
}, START_MS);

afterEach(async () => {
  await uninstall();
  await cluster.finishDeletions();
});

afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true });
});

function install(...options: readonly string[]): Promise<Finished> {
  return outrigger(["install", "--mesh-name", "m", "--kubeconfig", cluster.kubeconfig, "--no-wait", ...options]);
}

function uninstall(...options: readonly string[]): Promise<Finished> {
  return outrigger(["uninstall", "--kubeconfig", cluster.kubeconfig, "--no-wait", ...options]);
}

async function stored(path: string): Promise<JsonObject | undefined> {
  const { status, body } = await cluster.api.send("GET", path);
  return status === 200 ? body : undefined;
}

async function count(path: string): Promise<number> {
  return listOf((await stored(path))?.items).length;
}

describe("installing", () => {
  test("makes every object, and a second run changes none", async () => {
    const first = await install();
    expect(first.stdout).toContain("Outrigger is installed. Next:");
    expect(first.stderr.match(/ created\n/g)).toHaveLength(38);
    const second = await install();
    expect(second.stderr.match(/ unchanged\n/g)).toHaveLength(38);
    expect(second.code).toBe(0);
  });

  test("brings App Mesh's own CRDs to its form, and leaves them when it goes", async () => {
    await install();
    const path = `${DEFINITIONS}/backendgroups.appmesh.k8s.aws`;
    await cluster.api.send("DELETE", path);
    await until(async () => ((await stored(path)) === undefined ? undefined : "the CRD is still there"));
    await cluster.api.create(DEFINITIONS, definition("BackendGroup", "backendgroups", "Namespaced"));
    const { stderr } = await install();
    expect(stderr).toContain("CustomResourceDefinition backendgroups.appmesh.k8s.aws changed");
    expect(stderr.match(/ unchanged\n/g)).toHaveLength(37);
    await uninstall();
    expect(JSON.stringify(await stored(path))).toContain("virtualservices");
  });

  test("of the App Mesh kinds alone makes nothing else", async () => {
    const { code, stdout, stderr } = await outrigger(["install", "--crds-only", "--kubeconfig", cluster.kubeconfig]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "The App Mesh kinds are installed.\n" });
    expect(stderr.match(/ {2}CustomResourceDefinition /g)).toHaveLength(7);
    expect(await stored(REGISTRATION)).toBeUndefined();
    const printed = await outrigger(["install", "--crds-only", "--output", "yaml"]);
    expect(printed.stdout.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(7);
  });

  test("with other options brings the objects to their form, and removes what is no longer asked for", async () => {
    await install("--ha", "--failure-policy", "Fail");
    expect(await count(BUDGETS)).toBe(2);
    const { stderr } = await install();
    expect(stderr).toContain("PodDisruptionBudget appmesh-inject/aws-app-mesh-inject removed: no longer part of it");
    expect(await count(BUDGETS)).toBe(0);
    const webhooks = objectsOf((await stored(REGISTRATION))?.webhooks);
    expect(webhooks.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore", "Ignore"]);
  });

  test("leaves the authority that the injector has put into its registration, and what others have added", async () => {
    await install();
    const caBundle = Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64");
    const webhooks = objectsOf((await stored(REGISTRATION))?.webhooks).map(({ name = "" }) => ({
      name,
      clientConfig: { caBundle },
    }));
    const metadata = { name: "aws-app-mesh-inject", annotations: { "example.com/note": "mine" } };
    const kind = { apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration" };
    await cluster.api.apply(REGISTRATION, { ...kind, metadata, webhooks });
    await install("--ha");
    const after = await stored(REGISTRATION);
    expect(objectsOf(after?.webhooks).map(({ clientConfig }) => member(clientConfig, "caBundle"))).toEqual([
      caBundle,
      caBundle,
    ]);
    expect(member(member(after?.metadata, "annotations"), "example.com/note")).toBe("mine");
  });

  test("one part leaves the other as it is", async () => {
    await install("--control-plane-only");
    expect(await stored("/api/v1/namespaces/appmesh-inject")).toBeUndefined();
    await install("--injector-only");
    expect(await stored("/api/v1/namespaces/appmesh-system/services/outrigger")).toBeDefined();
    expect(await stored(REGISTRATION)).toBeDefined();
  });

  test("as a dry run stores nothing and says what it would do", async () => {
    const { code, stdout, stderr } = await install("--dry-run");
    expect(code).toBe(0);
    expect(stdout).toContain("Nothing was changed");
    expect(stderr).toContain("ClusterRole aws-app-mesh-inject-cr would be created");
    expect(await stored("/api/v1/namespaces/appmesh-inject")).toBeUndefined();
    await install();
    const { stderr: changed } = await install("--dry-run", "--ha");
    expect(changed).toContain("Deployment appmesh-inject/aws-app-mesh-inject would be changed");
    expect(changed).toContain("Namespace appmesh-inject unchanged");
    expect(await count(BUDGETS)).toBe(0);
  });

  test("says what it waited for in vain", async () => {
    const argv = ["install", "--mesh-name", "m", "--kubeconfig", cluster.kubeconfig, "--timeout", "1"];
    const { code, stderr } = await outrigger(argv);
    expect(stderr).toContain("not ready in time: Deployment appmesh-system/outrigger-control-plane was not yet seen");
    expect(code).toBe(1);
    expect(await stored(REGISTRATION)).toBeUndefined();
  });

  test("uses a namespace that was there before, and leaves it as it is", async () => {
    await cluster.api.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "appmesh-system", labels: { team: "mesh" } },
    });
    const { code, stderr } = await install();
    expect(stderr).toContain("Namespace appmesh-system was there before");
    expect(code).toBe(0);
    const labels = async () =>
      stringMapOf(member((await stored("/api/v1/namespaces/appmesh-system"))?.metadata, "labels"));
    expect(await labels()).toEqual({ team: "mesh", "kubernetes.io/metadata.name": "appmesh-system" });
    const removed = await uninstall();
    expect(removed.stderr).toContain("Namespace appmesh-system stays: it was not made by install");
    expect(await labels()).toEqual({ team: "mesh", "kubernetes.io/metadata.name": "appmesh-system" });
    await cluster.api.send("DELETE", "/api/v1/namespaces/appmesh-system");
  });
});

describe("installing is refused, and nothing changed,", () => {
  async function expectRefused(finished: Finished, ...reasons: readonly string[]): Promise<void> {
    expect(finished.stderr).toContain("nothing was changed, because:");
    for (const reason of reasons) expect(finished.stderr).toContain(reason);
    expect(finished.code).toBe(1);
    expect(await stored("/api/v1/namespaces/appmesh-inject")).toBeUndefined();
  }

  describe("where an object of the same name", () => {
    const path = `${CLUSTER_ROLES}/aws-app-mesh-inject-cr`;
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", rules: [] };
    afterEach(() => cluster.api.send("DELETE", path));

    test("is somebody else's, until it is handed over as the message says", async () => {
      await cluster.api.create(CLUSTER_ROLES, { ...role, metadata: { name: "aws-app-mesh-inject-cr" } });
      const refused = await install();
      await expectRefused(refused, "ClusterRole aws-app-mesh-inject-cr is there already");
      const command = /kubectl label --overwrite (clusterrole aws-app-mesh-inject-cr) (\S+) (\S+)/.exec(refused.stderr);
      const labels = Object.fromEntries(command?.slice(2).map((label) => label.split("=")) ?? []);
      await cluster.api.apply(path, { ...role, metadata: { name: "aws-app-mesh-inject-cr", labels } });
      expect(await install()).toMatchObject({ code: 0 });
    });

    test("belongs to a Helm release", async () => {
      const annotations = {
        "meta.helm.sh/release-name": "outrigger",
        "meta.helm.sh/release-namespace": "mesh",
      };
      const labels = { "app.kubernetes.io/managed-by": "Helm", "outrigger.dev/component": "injector" };
      await cluster.api.create(CLUSTER_ROLES, {
        ...role,
        metadata: { name: "aws-app-mesh-inject-cr", annotations, labels },
      });
      await expectRefused(await install(), "belongs to the Helm release outrigger", "helm uninstall outrigger -n mesh");
    });
  });

  describe("where a single object would be, before the first is written:", () => {
    const deployments = "/apis/apps/v1/namespaces/appmesh-inject/deployments";
    const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    const bindings = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

    async function expectNothingDone(): Promise<void> {
      for (const path of [
        `${CLUSTER_ROLES}/outrigger-control-plane`,
        "/api/v1/namespaces/appmesh-system",
        REGISTRATION,
      ]) {
        expect(await stored(path)).toBeUndefined();
      }
    }

    test("a Deployment whose selector cannot change, although it was handed over", async () => {
      await cluster.finishDeletions();
      await cluster.api.create("/api/v1/namespaces", {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "appmesh-inject" },
      });
      const labels = { name: "aws-app-mesh-inject" };
      const ours = { "app.kubernetes.io/managed-by": "outrigger", "outrigger.dev/component": "injector" };
      await cluster.api.create(deployments, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "aws-app-mesh-inject", labels: ours },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "webhook", image: "old" }] } },
        },
      });
      const { code, stderr } = await install();
      expect(stderr).toContain("Deployment appmesh-inject/aws-app-mesh-inject cannot be applied: ");
      expect(stderr).toContain("delete it: kubectl delete deployment aws-app-mesh-inject -n appmesh-inject");
      expect(code).toBe(1);
      await expectNothingDone();
      await cluster.api.send("DELETE", `${deployments}/aws-app-mesh-inject`);
      await cluster.api.send("DELETE", "/api/v1/namespaces/appmesh-inject");
    });

    test("what a policy of the cluster refuses", async () => {
      await cluster.finishDeletions();
      const metadata = { name: "no-cluster-roles" };
      const version = { apiVersion: "admissionregistration.k8s.io/v1", metadata };
      const rule = { apiGroups: ["*"], apiVersions: ["*"], operations: ["CREATE"], resources: ["clusterroles"] };
      await cluster.api.create(policies, {
        ...version,
        kind: "ValidatingAdmissionPolicy",
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: "false", message: "ask the platform team" }],
        },
      });
      await cluster.api.create(bindings, {
        ...version,
        kind: "ValidatingAdmissionPolicyBinding",
        spec: { policyName: "no-cluster-roles", validationActions: ["Deny"] },
      });
      const probe = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "probe" } };
      await until(async () => {
        const { status } = await cluster.api.send("POST", `${CLUSTER_ROLES}?dryRun=All`, probe);
        return status === 201 ? "the policy does not hold yet" : undefined;
      });
      const { code, stderr } = await install();
      expect(stderr).toContain("ClusterRole outrigger-control-plane cannot be applied: ");
      expect(stderr).toContain("ClusterRole aws-app-mesh-inject-cr cannot be applied: ");
      expect(stderr).toContain("ask the platform team");
      expect(code).toBe(1);
      await expectNothingDone();
      await cluster.api.send("DELETE", `${bindings}/no-cluster-roles`);
      await cluster.api.send("DELETE", `${policies}/no-cluster-roles`);
      await until(async () => {
        const { status } = await cluster.api.send("POST", `${CLUSTER_ROLES}?dryRun=All`, probe);
        return status === 201 ? undefined : "the policy still holds";
      });
    });
  });

  test("where cert-manager is to make the certificate and is not installed", async () => {
    await expectRefused(
      await install("--cert-manager"),
      "this cluster does not know the kind Issuer and Certificate of cert-manager.io/v1",
      "install cert-manager first, or leave --cert-manager out",
    );
    expect(await stored("/api/v1/namespaces/appmesh-system")).toBeUndefined();
  });

  test("while one of the namespaces is being deleted", async () => {
    await install();
    await uninstall();
    const { code, stderr } = await install();
    expect(stderr).toContain("Namespace appmesh-inject is being deleted");
    expect(code).toBe(1);
  });

  describe("to a user who may not,", () => {
    const user = "system:serviceaccount:default:installer";
    const name = "installer";
    let roles = 0;

    /** A kubeconfig of that user, who may read everything and change what the rules say. */
    async function limited(wanted: readonly JsonObject[]): Promise<string> {
      // the API server goes by a role a moment later: this rule of nothing tells which one it goes by
      const mark = { apiGroups: ["test.example"], resources: [`role-${++roles}`], verbs: ["get"] };
      const rules = [...wanted, mark];
      const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "default" } };
      await cluster.api.apply(`/api/v1/namespaces/default/serviceaccounts/${name}`, account);
      const group = "rbac.authorization.k8s.io";
      const apiVersion = `${group}/v1`;
      await cluster.api.apply(`${CLUSTER_ROLES}/${name}`, {
        apiVersion,
        kind: "ClusterRole",
        metadata: { name },
        rules,
      });
      await cluster.api.apply(`/apis/${apiVersion}/clusterrolebindings/${name}`, {
        apiVersion,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup: group, kind: "ClusterRole", name },
        subjects: [{ apiGroup: group, kind: "User", name: user }],
      });
      await untilGranted(cluster.api, user, [mark]);
      const { body } = await cluster.api.send("POST", `/api/v1/namespaces/default/serviceaccounts/${name}/token`, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: {},
      });
      return await kubeconfigWith(stringOf(member(body.status, "token")) ?? "");
    }

    async function kubeconfigWith(token: string): Promise<string> {
      const file = join(folder, "limited.kubeconfig");
      await writeFile(file, JSON.stringify(await cluster.kubeconfigOf({ token })));
      return file;
    }

    test("with everything that is missing in one message", async () => {
      const read = { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] };
      const kubeconfig = await limited([read]);
      const { code, stderr } = await outrigger(["install", "--mesh-name", "m", "--kubeconfig", kubeconfig]);
      expect(code).toBe(1);
      expect(stderr).toContain("the current user is not allowed to:");
      expect(stderr).toContain("create, patch, delete clusterroles.rbac.authorization.k8s.io in the whole cluster");
      expect(stderr).toContain("create, patch, delete deployments.apps in namespace appmesh-inject");
      expect(stderr).toContain("create, patch, update secrets in namespace appmesh-inject");
      expect(stderr).toContain("delete poddisruptionbudgets.policy in namespace appmesh-inject");
      expect(stderr).not.toContain("get pods in the whole cluster");
      expect(stderr).not.toMatch(/update.* mutatingwebhookconfigurations/);
      const argv = ["install", "--mesh-name", "m", "--kubeconfig", kubeconfig, "--take-over"];
      expect((await outrigger(argv)).stderr).toMatch(
        /^ +.*\bupdate\b.* mutatingwebhookconfigurations\.admissionregistration\.k8s\.io in the whole cluster$/m,
      );
    });

    test("when what was there before could not be found and removed", async () => {
      const verbs = ["get", "create", "patch", "update", "watch", "escalate", "bind"];
      const kubeconfig = await limited([{ apiGroups: ["*"], resources: ["*"], verbs }]);
      const { code, stderr } = await outrigger(["install", "--mesh-name", "m", "--kubeconfig", kubeconfig]);
      expect(code).toBe(1);
      expect(stderr).toContain(
        "list, delete mutatingwebhookconfigurations.admissionregistration.k8s.io in the whole cluster",
      );
      expect(stderr).toContain("list, delete certificates.cert-manager.io in namespace appmesh-inject");
      expect(stderr).toContain("list, delete namespaces in the whole cluster");
      expect(await stored("/api/v1/namespaces/appmesh-system")).toBeUndefined();
    });

    test("and allowed when nothing is missing, without being an administrator", async () => {
      const everything = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
      const kubeconfig = await limited([everything]);
      const argv = ["install", "--mesh-name", "m", "--kubeconfig", kubeconfig, "--no-wait"];
      expect(await outrigger(argv)).toMatchObject({ code: 0 });
    });

    const READ = { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] };

    test("nor is anything removed: uninstall says all that is missing, and stops before the first object", async () => {
      await install();
      const kubeconfig = await limited([READ]);
      const { code, stdout, stderr } = await outrigger(["uninstall", "--kubeconfig", kubeconfig]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("nothing was changed, because:\n  the current user is not allowed to:");
      expect(stderr).toContain(
        "delete mutatingwebhookconfigurations.admissionregistration.k8s.io in the whole cluster",
      );
      expect(stderr).toContain("delete secrets in namespace appmesh-system");
      expect(stderr).toContain("uninstall as a cluster administrator, or have one grant this\n");
      expect(stderr).not.toContain("customresourcedefinitions");
      expect(await stored(REGISTRATION)).toBeDefined();
      const purge = await outrigger(["uninstall", "--purge", "--yes", "--kubeconfig", kubeconfig]);
      expect(purge.stderr).toContain("delete customresourcedefinitions.apiextensions.k8s.io in the whole cluster");
    });

    test("and those that uninstall names are all that it takes", async () => {
      await install();
      const needed = permissionsToRemove(COMPONENTS, Object.values(MADE_BY_PROCESSES).flat());
      const rules = needed.map(({ verb, group, resource, name: only }) => {
        return { apiGroups: [group], resources: [resource], verbs: [verb], ...(only && { resourceNames: [only] }) };
      });
      const kubeconfig = await limited([READ, ...rules]);
      const { code, stdout } = await outrigger(["uninstall", "--no-wait", "--kubeconfig", kubeconfig]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "Outrigger is being removed.\n" });
      await cluster.finishDeletions();
      for (const path of [REGISTRATION, "/api/v1/namespaces/appmesh-inject", "/api/v1/namespaces/appmesh-system"]) {
        expect(await stored(path)).toBeUndefined();
      }
    });

    test("trust status names the right that is missing, in a sentence", async () => {
      const kubeconfig = await limited([]);
      const { code, stdout, stderr } = await outrigger(["trust", "status", "--kubeconfig", kubeconfig]);
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toMatch(
        /^outrigger: not allowed: User "system:serviceaccount:default:installer" cannot get resource "secrets" .*; ask an administrator for that right, or choose another --context\n$/,
      );
    });
  });
});

describe("removing", () => {
  test("leaves nothing, neither of install nor of what the installed processes make", async () => {
    await install("--ha");
    const made = [
      ["/api/v1/namespaces/appmesh-inject/secrets", "Secret", "aws-app-mesh-inject-authority"],
      ["/api/v1/namespaces/appmesh-system/secrets", "Secret", "outrigger-authority"],
      ["/api/v1/namespaces/appmesh-system/secrets", "Secret", "outrigger-workload-authority"],
      ["/api/v1/namespaces/appmesh-system/configmaps", "ConfigMap", "outrigger-trust"],
    ] as const;
    for (const [path, kind, name] of made) {
      await cluster.api.create(path, { apiVersion: "v1", kind, metadata: { name } });
    }
    expect(await uninstall()).toMatchObject({ code: 0, stdout: "Outrigger is being removed.\n" });
    for (const [path, , name] of made) expect(await stored(`${path}/${name}`)).toBeUndefined();
    await cluster.finishDeletions();
    for (const path of [
      REGISTRATION,
      `${CLUSTER_ROLES}/aws-app-mesh-inject-cr`,
      `${CLUSTER_ROLES}/outrigger-control-plane`,
      "/api/v1/namespaces/appmesh-inject",
      "/api/v1/namespaces/appmesh-system",
    ]) {
      expect(await stored(path)).toBeUndefined();
    }
  });

  test("when there is nothing is no error", async () => {
    expect(await uninstall()).toMatchObject({ code: 0, stderr: "" });
  });

  test("leaves a namespace of ours that somebody else uses", async () => {
    await install();
    const services = "/api/v1/namespaces/appmesh-system/services";
    await cluster.api.create(services, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "theirs" },
      spec: { ports: [{ port: 80 }] },
    });
    const { code, stderr } = await uninstall();
    expect(stderr).toContain("Namespace appmesh-system stays: install did not make Service theirs\n");
    expect(code).toBe(0);
    expect(await stored(`${services}/theirs`)).toBeDefined();
    await cluster.api.send("DELETE", `${services}/theirs`);
  });

  test("leaves a namespace of ours with what of any kind others have put there, App Mesh's objects too", async () => {
    await install("--control-plane-only");
    const place = "namespaces/appmesh-system";
    const nodes = `/apis/appmesh.k8s.aws/v1beta2/${place}/virtualnodes`;
    await until(async () => ((await stored(nodes)) === undefined ? "the CRD is not served yet" : undefined));
    const group = { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "VirtualNode" };
    await cluster.api.create(nodes, { ...group, metadata: { name: "web" } });
    const owner = await cluster.api.create(`/api/v1/${place}/configmaps`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings" },
    });
    const uid = member(owner.metadata, "uid") ?? "";
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "settings", uid }];
    for (const [kind, plural, metadata] of [
      ["Secret", "secrets", { name: "password" }],
      ["Secret", "secrets", { name: "made-of-settings", ownerReferences }],
      // Kubernetes' own, and the control plane's
      ["ConfigMap", "configmaps", { name: "kube-root-ca.crt" }],
      ["ServiceAccount", "serviceaccounts", { name: "default" }],
      ["ConfigMap", "configmaps", { name: "outrigger-trust" }],
    ] as const) {
      await cluster.api.create(`/api/v1/${place}/${plural}`, { apiVersion: "v1", kind, metadata });
    }
    // of a replica whose pod is gone: garbage collection comes for it
    await cluster.api.create(`/api/v1/${place}/configmaps`, reportConfigMap({ name: "gone", uid: "gone" }, ""));
    const { code, stderr } = await uninstall();
    const [, held] = /Namespace appmesh-system stays: install did not make (.*)\n/.exec(stderr) ?? [];
    expect(held?.split(", ").toSorted()).toEqual(["ConfigMap settings", "Secret password", "VirtualNode web"]);
    expect(code).toBe(0);
    expect(await stored(`${nodes}/web`)).toBeDefined();
    expect(await stored(`/api/v1/${place}/configmaps/outrigger-trust`)).toBeUndefined();
    await cluster.api.send("DELETE", `${nodes}/web`);
    for (const [plural, name] of [
      ["configmaps", "settings"],
      ["configmaps", "outrigger-report-gone"],
      ["secrets", "password"],
      ["secrets", "made-of-settings"],
    ]) {
      await cluster.api.send("DELETE", `/api/v1/${place}/${plural}/${name}`);
    }
  });

  test("keeps a namespace while an API does not say what it has there", async () => {
    await install("--control-plane-only");
    const services = "/apis/apiregistration.k8s.io/v1/apiservices";
    await cluster.api.create(services, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.away.example.com" },
      spec: {
        group: "away.example.com",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { namespace: "default", name: "nobody" },
        insecureSkipTLSVerify: true,
      },
    });
    await until(async () => {
      const groups = objectsOf((await stored("/apis"))?.groups).map(({ name }) => name);
      return groups.includes("away.example.com") ? undefined : "the group is not served yet";
    });
    const { stderr } = await uninstall();
    expect(stderr).toContain("stays: install did not make what away.example.com/v1 has, which does not answer");
    await cluster.api.send("DELETE", `${services}/v1.away.example.com`);
    // or what removes the namespace would be kept from it too
    await until(async () => {
      const groups = objectsOf((await stored("/apis"))?.groups).map(({ name }) => name);
      return groups.includes("away.example.com") ? "the group is still served" : undefined;
    });
    expect(await stored("/api/v1/namespaces/appmesh-system")).toBeDefined();
  });

  describe("from a namespace that stays", () => {
    const system = "/api/v1/namespaces/appmesh-system";
    const secret = `${system}/secrets/outrigger-authority`;
    const pod = `${system}/pods/outrigger-control-plane-1`;

    /** A control plane with a running pod, as a node would have it. */
    beforeEach(async () => {
      await cluster.finishDeletions();
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "appmesh-system" } };
      await cluster.api.create("/api/v1/namespaces", namespace);
      await install("--control-plane-only");
      await cluster.api.create(`${system}/secrets`, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "outrigger-authority" },
      });
      await cluster.api.create(`${system}/pods`, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          name: "outrigger-control-plane-1",
          labels: { "app.kubernetes.io/name": "outrigger-control-plane" },
        },
        spec: { serviceAccountName: "outrigger-control-plane", containers: [{ name: "app", image: "app" }] },
      });
    });

    afterEach(async () => {
      await cluster.api.send("DELETE", `${pod}?gracePeriodSeconds=0`);
      await cluster.api.send("DELETE", secret);
      await cluster.api.send("DELETE", system);
    });

    test("takes a process's keys only when the process has ended, because it would put them back", async () => {
      let said = "";
      const stderr = new PassThrough().on("data", (chunk) => {
        said += String(chunk);
      });
      const argv = ["uninstall", "--kubeconfig", cluster.kubeconfig, "--timeout", "60"];
      const removing = run(argv, { stdin: Readable.from([""]), stdout: new PassThrough(), stderr, environment: {} });
      const waiting = "waiting until the pods of the control-plane have ended";
      await until(async () => (said.includes(waiting) ? undefined : said));
      expect(await stored(secret)).toBeDefined();
      await cluster.api.send("DELETE", `${pod}?gracePeriodSeconds=0`);
      expect(await removing).toBe(0);
      expect(said.slice(said.indexOf(waiting))).toContain("Secret appmesh-system/outrigger-authority removed");
      expect(await stored(secret)).toBeUndefined();
    });

    test("purges only when the process has ended, because it would tell its proxies that everything is gone", async () => {
      let said = "";
      const stderr = new PassThrough().on("data", (chunk) => {
        said += String(chunk);
      });
      const argv = ["uninstall", "--purge", "--yes", "--kubeconfig", cluster.kubeconfig, "--timeout", "60"];
      const removing = run(argv, { stdin: Readable.from([""]), stdout: new PassThrough(), stderr, environment: {} });
      await until(async () =>
        said.includes("waiting until the pods of the control-plane have ended") ? undefined : said,
      );
      expect(await count(DEFINITIONS)).toBeGreaterThan(0);
      expect(said).not.toContain("CRD of");
      await cluster.api.send("DELETE", `${pod}?gracePeriodSeconds=0`);
      expect(await removing).toBe(0);
      expect(await count(DEFINITIONS)).toBe(0);
    });

    test("says that they stay when it has not ended in time", async () => {
      const { code, stderr } = await outrigger(["uninstall", "--kubeconfig", cluster.kubeconfig, "--timeout", "1"]);
      expect(stderr).toContain("pods have not ended in time: outrigger-control-plane-1");
      expect(code).toBe(1);
      expect(await stored(secret)).toBeDefined();
    });

    test("does not wait when told not to, and says that they stay", async () => {
      const { code, stderr } = await uninstall();
      expect(stderr).toContain("Secret appmesh-system/outrigger-authority");
      expect(stderr).toContain("run this once more when they have ended");
      expect(code).toBe(0);
      expect(await stored(secret)).toBeDefined();
    });
  });

  test("is refused while a release of Helm is there, and takes nothing from under its processes", async () => {
    await install("--control-plane-only");
    const deployment = "/apis/apps/v1/namespaces/appmesh-system/deployments/outrigger-control-plane";
    const { body } = await cluster.api.send("GET", deployment);
    const labels = { ...stringMapOf(member(body.metadata, "labels")), "app.kubernetes.io/managed-by": "Helm" };
    const annotations = { "meta.helm.sh/release-name": "mesh", "meta.helm.sh/release-namespace": "ops" };
    const helms: JsonObject = { ...body, metadata: { ...objectOf(body.metadata), labels, annotations } };
    expect((await cluster.api.send("PUT", deployment, helms)).status).toBe(200);
    const secret = "/api/v1/namespaces/appmesh-system/secrets";
    await cluster.api.create(secret, { apiVersion: "v1", kind: "Secret", metadata: { name: "outrigger-authority" } });
    const { code, stdout, stderr } = await uninstall();
    expect(stderr).toContain("outrigger-control-plane belongs to the Helm release mesh in namespace ops");
    expect(stderr).toContain("helm uninstall mesh -n ops");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(await stored(`${secret}/outrigger-authority`)).toBeDefined();
    expect(await stored(`${CLUSTER_ROLES}/outrigger-control-plane`)).toBeDefined();
    await cluster.api.send("DELETE", deployment);
  });

  test("says which pods still have a sidecar", async () => {
    await cluster.api.create("/api/v1/namespaces/default/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "injected", annotations: { "outrigger.dev/injected": "{}" } },
      spec: { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] },
    });
    expect((await uninstall()).stdout).toContain("created again:\n  default: 1\n");
    await cluster.api.send("DELETE", "/api/v1/namespaces/default/pods/injected?gracePeriodSeconds=0");
  });
});

describe("purging", () => {
  const meshes = "/apis/appmesh.k8s.aws/v1beta2/meshes";
  const nodes = "/apis/appmesh.k8s.aws/v1beta2/namespaces/default/virtualnodes";

  /** Two objects, of which a finalizer may hold one; those of App Mesh's own controller are taken away. */
  async function createObjects(...finalizers: readonly string[]): Promise<void> {
    await cluster.api.create(DEFINITIONS, MESHES);
    await cluster.api.create(DEFINITIONS, VIRTUAL_NODES);
    await until(async () => {
      const served = [await stored(meshes), await stored(nodes)];
      return served.includes(undefined) ? "the CRDs are not served yet" : undefined;
    });
    const apiVersion = "appmesh.k8s.aws/v1beta2";
    await cluster.api.create(meshes, { apiVersion, kind: "Mesh", metadata: { name: "m" } });
    await cluster.api.create(nodes, { apiVersion, kind: "VirtualNode", metadata: { name: "web", finalizers } });
  }

  // those that installations before have left, as they do
  beforeAll(async () => {
    const definitions = objectsOf((await stored(DEFINITIONS))?.items);
    for (const one of definitions) await cluster.api.send("DELETE", `${DEFINITIONS}/${nameOf(one)}`);
    await until(async () => ((await count(DEFINITIONS)) === 0 ? undefined : "the CRDs are still there"));
  });

  afterEach(async () => {
    const { body, status } = await cluster.api.send("GET", `${nodes}/web`);
    if (status === 200) {
      const metadata = { ...objectOf(body.metadata), finalizers: [] };
      await cluster.api.send("PUT", `${nodes}/web`, { ...body, metadata });
    }
    for (const plural of ["meshes", "virtualnodes"]) {
      await cluster.api.send("DELETE", `${DEFINITIONS}/${plural}.appmesh.k8s.aws`);
    }
    await until(async () => ((await count(DEFINITIONS)) === 0 ? undefined : "the CRDs are still there"));
  });

  test("shows how many objects would go, and without a terminal wants --yes", async () => {
    await createObjects();
    const { code, stdout, stderr } = await uninstall("--purge");
    expect(stderr).toContain("  Mesh: 1\n  VirtualNode: 1\n");
    expect(stderr).toContain("confirm it with --yes");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect([await count(meshes), await count(nodes)]).toEqual([1, 1]);
  });

  /** At a terminal, where somebody types this. */
  async function answering(typed: string): Promise<Finished> {
    const stdin = Object.assign(Readable.from([typed]), { isTTY: true });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const argv = ["uninstall", "--purge", "--kubeconfig", cluster.kubeconfig, "--timeout", "60"];
    const code = await run(argv, { stdin, stdout, stderr, environment: {} });
    stdout.end();
    stderr.end();
    return { code, stdout: await text(stdout), stderr: await text(stderr) };
  }

  test.each(["y\n", "\n", "Yes\n", "no\n"])("at a terminal asks, and the answer %j removes nothing", async (typed) => {
    await createObjects();
    const { code, stdout, stderr } = await answering(typed);
    expect(stderr).toContain("Remove them for good? Type yes: ");
    expect(stderr).toContain("nothing was removed");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect([await count(meshes), await count(nodes)]).toEqual([1, 1]);
  });

  test("at a terminal asks, and yes removes the CRDs with their objects", async () => {
    await createObjects();
    const { code, stdout, stderr } = await answering("yes\n");
    expect(stderr).toContain("CRD of Mesh removed, with 1 object\n");
    expect(stderr).toContain("CRD of VirtualNode removed, with 1 object\n");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "Outrigger is removed.\n" });
    expect(await count(DEFINITIONS)).toBe(0);
  });

  const held =
    "default/web (example.org/held): " +
    'kubectl patch virtualnodes.appmesh.k8s.aws web -n default --type=merge -p \'{"metadata":{"finalizers":null}}\'';

  test("does not call removed what a finalizer holds, and says how to let it go", async () => {
    await createObjects("example.org/held");
    const argv = ["uninstall", "--purge", "--yes", "--kubeconfig", cluster.kubeconfig, "--timeout", "3"];
    const { code, stdout, stderr } = await outrigger(argv);
    expect(stderr).toContain("CRD virtualnodes.appmesh.k8s.aws is not gone in time");
    expect(stderr).toContain(held);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("is refused before the first CRD goes where a dead controller's webhook has to be asked about each object", async () => {
    await createObjects("finalizers.appmesh.k8s.aws/aws-appmesh-resources");
    const registrations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    await cluster.api.create(registrations, AWS_VALIDATION);
    const argv = ["uninstall", "--purge", "--yes", "--kubeconfig", cluster.kubeconfig];
    try {
      const { code, stderr } = await outrigger(argv);
      expect(stderr).toContain("nothing was changed, because:");
      expect(stderr).toContain("kubectl delete validatingwebhookconfiguration appmesh-controller-webhook");
      expect(code).toBe(1);
      expect(await count(DEFINITIONS)).toBe(2);
    } finally {
      await cluster.api.send("DELETE", `${registrations}/appmesh-controller-webhook`);
    }
    const node = { apiVersion: "appmesh.k8s.aws/v1beta2", kind: "VirtualNode", metadata: { name: "tried" } };
    await until(async () => {
      const { status } = await cluster.api.send("POST", `${nodes}?dryRun=All`, node);
      return status === 201 ? undefined : `the webhook is asked still: ${status}`;
    });
    expect(await outrigger(argv)).toMatchObject({ code: 0 });
    expect(await count(DEFINITIONS)).toBe(0);
  });

  test("does not wait when told not to, and says what is still there", async () => {
    await createObjects("example.org/held");
    const { code, stderr } = await uninstall("--purge", "--yes");
    expect(stderr).toContain("CRD of VirtualNode is being removed: ");
    expect(stderr).toContain(held);
    expect(stderr).not.toContain("CRD of VirtualNode removed");
    expect(code).toBe(0);
  });
});

test("a cluster that cannot be reached is exit code 3", async () => {
  const file = join(folder, "nowhere.kubeconfig");
  await writeFile(file, JSON.stringify(await cluster.kubeconfigOf({ server: "https://127.0.0.1:1" })));
  for (const command of [["install", "--mesh-name", "m"], ["uninstall"]]) {
    expect(await outrigger([...command, "--kubeconfig", file])).toMatchObject({ code: 3, stdout: "" });
  }
});

test("a context that the kubeconfig does not have is named with those that it has", async () => {
  const { code, stderr } = await install("--context", "elsewhere");
  expect(stderr).toContain("there is no context elsewhere: expected one of ");
  expect(code).toBe(2);
});

test.each([
  [["--injector-only", "--control-plane-only"], "exclude each other"],
  [["--timeout", "soon"], "Expected seconds from 1 to 99999."],
  [["--webhook-listen", ":1"], "webhook.listen: expected nothing: the installation decides it"],
])("%j is a usage error", async (options, says) => {
  const { code, stderr } = await install(...options);
  expect(stderr).toContain(says);
  expect(code).toBe(2);
});
