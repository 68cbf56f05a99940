import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { CheckReport } from "../../src/diagnose/report/check.ts";
import type { StatusReport } from "../../src/diagnose/report/status.ts";
import { type JsonObject, member, objectsOf, stringMapOf, stringOf } from "../../src/model/json.ts";
import { INJECT_KEY, INJECTOR_NAME, RECORD_KEY } from "../../src/model/names.ts";
import { TRUST } from "../../src/model/trust.ts";
import { untilGranted } from "./access.ts";
import { connectApi } from "./api-connection.ts";
import { nameOf } from "./api-object.ts";
import { type Finished, outrigger } from "./command-line.ts";
import { createNamespace, nginx, podsOf, withServiceAccount } from "./namespaces.ts";
import { REGISTRATIONS, type RegisteredWebhook, registerWebhook } from "./registered-webhook.ts";
import { until } from "./until.ts";

// A cluster with an injector that works, and with one of each thing that goes wrong around it.

const cluster = inject("cluster");
const api = connectApi(cluster);
const OLD = "appmesh-controller-mutating-webhook-configuration";
/** Timestamps of Kubernetes are whole seconds: what is older must be so by more than one. */
const NEXT_SECOND_MS = 1_100;
const names = { enabled: "", typo: "", restricted: "", two: "", early: "", leaving: "" };
let webhook: RegisteredWebhook | undefined;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "outrigger-check-"));
  names.early = await createNamespace(api, "early", { [INJECT_KEY]: "enabled" });
  const aws = { name: "envoy", image: "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.34.13.3-prod" };
  await create(names.early, nginx({ name: "early" }));
  await create(names.early, {
    ...nginx({ name: "old-mesh" }),
    spec: { containers: [aws, { name: "app", image: "app" }] },
  });
  await new Promise((resolve) => setTimeout(resolve, NEXT_SECOND_MS));
  webhook = await registerWebhook(api, cluster);
  // a test's webhook may take longer than an installed one
  const registered = `${REGISTRATIONS}/${INJECTOR_NAME}`;
  const entries = objectsOf((await api.send("GET", registered)).body.webhooks);
  await change(registered, { webhooks: entries.map((entry) => ({ ...entry, timeoutSeconds: 10 })) });
  await configMap("appmesh-system", TRUST.name, { [TRUST.key]: webhook.trust });
  await configMap("appmesh-inject", INJECTOR_NAME, { "config.yaml": "meshName: mynewmesh\n" });
  names.enabled = await createNamespace(api, "enabled", { [INJECT_KEY]: "enabled" });
  names.typo = await createNamespace(api, "typo", { [INJECT_KEY]: "Enabled" });
  const level = { "pod-security.kubernetes.io/enforce": "restricted" };
  names.restricted = await createNamespace(api, "restricted", { [INJECT_KEY]: "enabled", ...level });
  names.two = await createNamespace(api, "two", { [INJECT_KEY]: "enabled", "istio-injection": "enabled" });
  // stays as it is: nobody finishes deletions here
  names.leaving = await createNamespace(api, "leaving", { [INJECT_KEY]: "enabled" });
  await api.send("DELETE", `/api/v1/namespaces/${names.leaving}`);
  await create(names.enabled, nginx({ name: "web" }));
  await slip(names.enabled, nginx({ name: "slipped" }));
  await api.apply(`${REGISTRATIONS}/${OLD}`, LEFT_BY_AWS);
});

afterAll(async () => {
  await api.send("DELETE", `${REGISTRATIONS}/${OLD}`);
  await api.send("DELETE", "/api/v1/namespaces/appmesh-inject/configmaps/aws-app-mesh-inject");
  await api.send("DELETE", `/api/v1/namespaces/appmesh-system/configmaps/${TRUST.name}`);
  await webhook?.stop();
  await api.close();
  await rm(folder, { recursive: true });
});

/** The AWS controller's registration after its Service is gone, as `helm uninstall` of a half-removed release leaves it. */
const LEFT_BY_AWS = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: OLD },
  webhooks: [
    {
      name: "mpod.appmesh.k8s.aws",
      admissionReviewVersions: ["v1"],
      clientConfig: {
        service: { namespace: "appmesh-system", name: "appmesh-controller-webhook-service", path: "/mutate-v1-pod" },
      },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      namespaceSelector: { matchExpressions: [{ key: INJECT_KEY, operator: "In", values: ["enabled"] }] },
      failurePolicy: "Ignore",
      sideEffects: "None",
    },
  ],
} as const satisfies JsonObject;

async function create(namespace: string, pod: JsonObject): Promise<void> {
  await api.create(podsOf(namespace), withServiceAccount(pod));
}

/** What the injector and the control plane would have there; the namespaces stay, like those of all tests. */
async function configMap(namespace: string, name: string, data: Readonly<Record<string, string>>): Promise<void> {
  const place = `/api/v1/namespaces/${namespace}`;
  await api.apply(place, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await api.apply(`${place}/configmaps/${name}`, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}

/** Creates a pod while the registration asks nobody, and puts the registration back. */
async function slip(namespace: string, pod: JsonObject): Promise<void> {
  const path = `${REGISTRATIONS}/${INJECTOR_NAME}`;
  const { body } = await api.send("GET", path);
  const nobody = { matchLabels: { "matches-no": "namespace" } };
  await change(path, { webhooks: objectsOf(body.webhooks).map((entry) => ({ ...entry, namespaceSelector: nobody })) });
  await until(async () => ((await isInjected(namespace)) ? "pods are still injected" : undefined));
  await create(namespace, pod);
  await change(path, { webhooks: objectsOf(body.webhooks) });
  await until(async () => ((await isInjected(namespace)) ? undefined : "pods are not injected again"));
}

/** Replaces members of a stored object. */
async function change(path: string, members: JsonObject): Promise<void> {
  const { body } = await api.send("GET", path);
  const { status } = await api.send("PUT", path, { ...body, ...members });
  expect(status).toBe(200);
}

async function isInjected(namespace: string): Promise<boolean> {
  const pod = withServiceAccount(nginx({ name: "asks-whether-we-are-called" }));
  const { body } = await api.send("POST", `${podsOf(namespace)}?dryRun=All`, pod);
  return RECORD_KEY in stringMapOf(member(body.metadata, "annotations"));
}

const run = (...argv: string[]): Promise<Finished> => outrigger([...argv, "--kubeconfig", cluster.kubeconfig]);

async function check(...argv: string[]) {
  const { code, stdout } = await run("check", "--output", "json", ...argv);
  const report = JSON.parse(stdout) as CheckReport;
  const result = (id: string) => report.checks.find((one) => one.id === id);
  const saw = (id: string) => result(id)?.problems.map((problem) => problem.saw) ?? [];
  return { code, report, result, saw };
}

describe("check of a cluster with an injector", () => {
  test("finds the registration as it should be, and its authority", async () => {
    const { result } = await check("-n", names.enabled);
    expect(result("api-server")?.status).toBe("ok");
    expect(result("registration")).toMatchObject({
      status: "ok",
      found: expect.stringMatching(/^2 entries, failure policy Fail, calls https:\/\/127/),
    });
    expect(result("webhook-certificate")).toMatchObject({ status: "ok", found: expect.stringContaining("1 root") });
    // that of the test is made for a day
    expect(result("mesh-trust")?.problems.map(({ status }) => status)).toEqual(["warning"]);
    expect(result("configuration")).toMatchObject({ status: "ok", found: "mesh mynewmesh, control plane ads" });
  });

  test("gets a pod back injected in the enabled namespace, and leaves nothing behind", async () => {
    const before = await api.send("GET", podsOf(names.enabled));
    const { result } = await check("-n", names.enabled);
    expect(result("round-trip")).toMatchObject({
      status: "ok",
      found: `injected in 1 of 1 namespace (${names.enabled})`,
    });
    expect(result("clock")?.status).toBe("ok");
    const after = await api.send("GET", podsOf(names.enabled));
    expect(objectsOf(after.body.items).map(nameOf)).toEqual(objectsOf(before.body.items).map(nameOf));
  });

  test("looks into a namespace that is being deleted only when it is asked for by name", async () => {
    const whole = await check();
    const named = whole.result("namespaces")?.namespaces?.map(({ name }) => name);
    expect(named).toContain(names.enabled);
    expect(named).not.toContain(names.leaving);
    const { saw } = await check("-n", names.leaving);
    expect(saw("round-trip").join()).toMatch(/a new pod is refused: .*being terminated/);
  });

  test("says which label is a slip, and that Pod Security and another mesh stand against the sidecar", async () => {
    const { saw, code } = await check("-n", names.restricted);
    expect(code).toBe(1);
    expect(saw("pod-security")).toEqual([
      expect.stringMatching(`^namespace ${names.restricted}: .* violates PodSecurity`),
    ]);
    const typo = await check("-n", names.typo);
    expect(typo.saw("namespaces").join()).toContain(`namespace ${names.typo}: its label ${INJECT_KEY} is "Enabled"`);
    const two = await check("-n", names.two);
    expect(two.saw("other-meshes").join()).toContain(`namespace ${names.two} is labelled for two meshes`);
  });

  test("tells pods that slipped through from those that are older than the registration", async () => {
    const { saw } = await check("-n", names.enabled);
    expect(saw("sidecars")).toEqual([
      `1 pod of Pod slipped in namespace ${names.enabled} slipped through: created without a sidecar while injection was on (slipped)`,
    ]);
    const early = await check("-n", names.early);
    expect(early.result("sidecars")).toMatchObject({
      status: "ok",
      found: "2 pods in labelled namespaces: 1 created-before, 1 aws-sidecar",
    });
  });

  test("finds what the AWS controller left: its registration that points at nothing, and its sidecars", async () => {
    const { saw, result } = await check("-n", names.early);
    expect(saw("other-injectors").join()).toContain(`${OLD}, entry mpod.appmesh.k8s.aws (the AWS App Mesh controller)`);
    expect(saw("other-injectors").join()).toContain("it points at nothing");
    expect(result("other-injectors")?.problems[0]?.hint).toContain("--take-over");
    expect(saw("aws-sidecars").join()).toContain(`Pod old-mesh in namespace ${names.early}`);
  });

  test("finds what of it refuses App Mesh's own objects, in registrations of both kinds", async () => {
    const [entry] = LEFT_BY_AWS.webhooks;
    const rules = [
      { apiGroups: ["appmesh.k8s.aws"], apiVersions: ["v1beta2"], operations: ["CREATE"], resources: ["meshes"] },
    ];
    const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/appmesh-controller-objects";
    await api.apply(path, {
      ...LEFT_BY_AWS,
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "appmesh-controller-objects" },
      webhooks: [{ ...entry, name: "vmesh.appmesh.k8s.aws", namespaceSelector: {}, failurePolicy: "Fail", rules }],
    });
    try {
      const { saw, result } = await check("-n", names.early);
      expect(saw("app-mesh-webhooks")).toEqual([
        expect.stringContaining("(vmesh.appmesh.k8s.aws), and nothing answers"),
      ]);
      expect(result("app-mesh-webhooks")?.problems[0]?.hint).toBe(
        "outrigger install --take-over switches them off, and can be undone; or kubectl delete validatingwebhookconfiguration appmesh-controller-objects",
      );
    } finally {
      await api.send("DELETE", path);
    }
  });

  test("asks before an installation only what an installation meets", async () => {
    const { report, result } = await check("--before-install", "-n", names.enabled);
    const ids = report.checks.map(({ id }) => id);
    expect(ids).not.toContain("registration");
    expect(result("permissions")).toMatchObject({ status: "ok" });
    // the registration of these tests was not made by install
    expect(
      result("foreign-objects")
        ?.problems.map(({ saw }) => saw)
        .join(),
    ).toContain("MutatingWebhookConfiguration");
  });

  test("says what of a registration somebody changed", async () => {
    const path = `${REGISTRATIONS}/${INJECTOR_NAME}`;
    const { body } = await api.send("GET", path);
    const webhooks = objectsOf(body.webhooks).map((entry) => ({ ...entry, reinvocationPolicy: "Never" }));
    await change(path, { webhooks });
    try {
      expect((await check("-n", names.enabled)).saw("registration")[0]).toContain(
        'reinvocationPolicy is "Never", expected "IfNeeded"',
      );
    } finally {
      await change(path, { webhooks: objectsOf(body.webhooks) });
    }
  });
});

/** Writes a kubeconfig with a token of a ServiceAccount of the enabled namespace; its path. */
async function kubeconfigOf(account: string): Promise<string> {
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status } = await api.create(`/api/v1/namespaces/${names.enabled}/serviceaccounts/${account}/token`, request);
  const token = stringOf(member(status, "token")) ?? "";
  const kubeconfig = join(folder, account);
  const named = {
    name: "c",
    cluster: { server: cluster.server, "certificate-authority-data": Buffer.from(cluster.ca).toString("base64") },
  };
  const context = { name: "c", context: { cluster: "c", user: "u" } };
  const user = { name: "u", user: { token } };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "c",
    clusters: [named],
    contexts: [context],
    users: [user],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  return kubeconfig;
}

describe("check by somebody who may do nothing", () => {
  test("says what is missing and goes on", async () => {
    const account = `/api/v1/namespaces/${names.enabled}/serviceaccounts`;
    await api.create(account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "nobody" } });
    const kubeconfig = await kubeconfigOf("nobody");
    const { code, stdout, stderr } = await outrigger(["check", "--output", "json", "--kubeconfig", kubeconfig]);
    const report = JSON.parse(stdout) as CheckReport;
    const status1 = (id: string) => report.checks.find((one) => one.id === id);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(status1("api-server")?.status).toBe("ok");
    expect(
      status1("permissions")
        ?.problems.map(({ saw }) => saw)
        .join(),
    ).toContain("you may not list namespaces");
    for (const id of ["registration", "round-trip", "app-mesh-webhooks", "old-programs", "sidecars"]) {
      const found = expect.stringMatching(/^you are not allowed to list /);
      expect(status1(id)).toMatchObject({ status: "not-applicable", found });
    }
    const told = await outrigger(["status", "--kubeconfig", kubeconfig]);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain("you are not allowed to list namespaces");
  });
});

describe("a viewer, who may see pods and no mesh", () => {
  let kubeconfig = "";
  beforeAll(async () => {
    // the API server alone makes no ClusterRole view what a cluster does
    const rules = [
      { apiGroups: [""], resources: ["namespaces", "pods", "configmaps"], verbs: ["get", "list"] },
      { apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list"] },
      { apiGroups: ["batch"], resources: ["jobs"], verbs: ["list"] },
    ];
    const account = `/api/v1/namespaces/${names.enabled}/serviceaccounts`;
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const name = `viewer-${names.enabled}`;
    await api.create(account, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "viewer" } });
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules };
    await api.create(`${rbac}/clusterroles`, role);
    await api.create(`${rbac}/clusterrolebindings`, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", namespace: names.enabled, name: "viewer" }],
    });
    await untilGranted(api, `system:serviceaccount:${names.enabled}:viewer`, rules);
    kubeconfig = await kubeconfigOf("viewer");
    await configMap("appmesh-system", "outrigger", { "config.yaml": "controlPlane: { mesh: serve }\n" });
  });
  afterAll(() => api.send("DELETE", "/api/v1/namespaces/appmesh-system/configmaps/outrigger"));

  test("is told by status that nobody knows which node a pod is, and no name that nobody gave", async () => {
    // another name than at injection, for which only a VirtualNode could be the cause
    await configMap("appmesh-inject", INJECTOR_NAME, { "config.yaml": "meshName: othermesh\n" });
    const { code, stdout } = await outrigger(["status", "-n", names.enabled, "--kubeconfig", kubeconfig]);
    await configMap("appmesh-inject", INJECTOR_NAME, { "config.yaml": "meshName: mynewmesh\n" });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/served as|no node of the mesh|othermesh/);
    expect(stdout).toContain("which node of the mesh 1 pod is is not known: you are not allowed to list meshes");
    expect(stdout).toContain("since when it is asked about new pods is not known");
    expect(stdout).toContain("whether injection was on when it was created is not known");
    expect(stdout).not.toMatch(/slipped through|created before/);
    expect(stdout).toContain(
      "the mesh is served by the setting controlPlane.mesh; what annotations say otherwise is not known: you are not allowed to list meshes",
    );
  });

  test("is told by check what could not be read, and not that there is nothing", async () => {
    const { code, stdout } = await outrigger(["check", "--output", "json", "--kubeconfig", kubeconfig]);
    const report = JSON.parse(stdout) as CheckReport;
    const of = (id: string) => report.checks.find((one) => one.id === id);
    expect(code).toBe(0);
    expect(of("round-trip")?.found).toContain("you are not allowed to list mutatingwebhookconfigurations");
    expect(of("mesh-mode")?.status).toBe("not-applicable");
    expect(of("sidecars")?.found).not.toMatch(/created-before|slipped-through/);
  });
});

describe("status", () => {
  test("shows each pod's sidecar, what would be decided now and why", async () => {
    const { code, stdout } = await run("status", "-n", names.enabled, "--output", "json");
    const { workloads } = JSON.parse(stdout) as StatusReport;
    const verdicts = Object.fromEntries(workloads.map(({ name, pods }) => [name, pods[0]?.verdict]));
    expect({ code, verdicts }).toEqual({ code: 0, verdicts: { web: "injected", slipped: "slipped-through" } });
    const web = workloads.find(({ name }) => name === "web")?.pods[0];
    expect(web?.sidecar).toMatchObject({ kind: "ours", resource: `mesh/mynewmesh/virtualNode/${names.enabled}-web` });
    expect(web?.stream).toBe("unknown");
  });

  test("calls a sidecar drifted as soon as the injector's ConfigMap says something else", async () => {
    const quiet = await run("status", "-n", names.enabled);
    expect(quiet.stdout).not.toContain("drifted");
    expect(quiet.stdout).toContain("who is connected is not known");
    await configMap("appmesh-inject", INJECTOR_NAME, { "config.yaml": "meshName: othermesh\n" });
    const { stdout } = await run("status", "-n", names.enabled);
    await configMap("appmesh-inject", INJECTOR_NAME, { "config.yaml": "meshName: mynewmesh\n" });
    expect(stdout).toContain("1 pod drifted (made by configuration ");
    // no VirtualNode is there, so nobody gave it another name
    expect(stdout).toContain("1 pod is no node of the mesh");
    expect(stdout).not.toContain("served as");
  });

  test("says that a namespace is not there", async () => {
    for (const command of ["status", "check"]) {
      const { code, stdout, stderr } = await run(command, "-n", "no-such-namespace");
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("there is no namespace no-such-namespace");
    }
  });
});
